-- ARGV: job, what becomes of files without an outcome ('s', 'f', 'c'), how many at a time. 1 while there is more to do.
-- First each of those files gets the outcome that it has by the end of its job, then those that are stored go.
local number, rest, at_most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local job = call('HMGET', key(number), 'cursor', 'next', 'names_files', 'scan')
if not job[1] then
    call('SREM', base .. 'untidy', number)
    return 0
end
local function end_rest(positions)
    for _, position in ipairs(positions) do
        local record = call('HGET', key(number, 'records'), position)
        if record and not call('ZSCORE', key(number, 'failed'), position)
            and not call('ZSCORE', key(number, 'cancelled'), position) then
            end_file(number, cjson.decode(record)[1], position, rest, '')
        end
    end
    return #positions
end
for _, part in ipairs({ 'sent', 'again' }) do
    local positions = call('ZRANGE', key(number, part), 0, at_most - 1)
    if end_rest(positions) > 0 then
        call('ZREM', key(number, part), unpack(positions))
        return 1
    end
end
local cursor, next_position = tonumber(job[1]), tonumber(job[2]) or 0
if cursor < next_position then
    local positions = {}
    for position = cursor, math.min(cursor + at_most, next_position) - 1 do
        table.insert(positions, position)
    end
    call('HSET', key(number), 'cursor', cursor + end_rest(positions))
    return 1
end
-- a worker of the original may report a file twice: its files stay known as long as the job
if job[3] ~= '0' then
    local scanned = call('HSCAN', key(number, 'files'), job[4] or '0', 'COUNT', at_most)
    for i = 1, #scanned[2], 2 do
        if scanned[2][i + 1] == 's' then
            call('HDEL', key(number, 'files'), scanned[2][i])
        end
    end
    call('HSET', key(number), 'scan', scanned[1])
    if scanned[1] ~= '0' then
        return 1
    end
    -- a Redis that restarts in between keeps a hash in another order: some were not looked at
    local unstored = call('ZCARD', key(number, 'failed')) + call('ZCARD', key(number, 'cancelled'))
    if call('HLEN', key(number, 'files')) > unstored and call('HINCRBY', key(number), 'scans', 1) <= 5 then
        return 1
    end
end
-- a hash keeps the table of its best days: what little is left gets a new one
for _, part in ipairs({ 'files', 'records' }) do
    local name = key(number, part)
    if call('HLEN', name) <= 1000 then
        local left = call('HGETALL', name)
        call('UNLINK', name)
        if #left > 0 then
            call('HSET', name, unpack(left))
        end
    end
end
call('UNLINK', key(number, 'folders'), key(number, 'to-list'))
call('SREM', base .. 'untidy', number)
return 0
