-- ARGV: job, how many. Pending files are those that were taken back, and from `cursor` on those that have a record and
-- no outcome. Whether there may be more, positions, records.
local number, want = ARGV[1], tonumber(ARGV[2])
local positions, records = {}, {}
local function take(candidates, from_cursor)
    if #candidates == 0 then
        return
    end
    local found = call('HMGET', key(number, 'records'), unpack(candidates))
    -- one that ended before it was sent keeps its record for a retry
    local failed = from_cursor and call('ZMSCORE', key(number, 'failed'), unpack(candidates)) or {}
    local cancelled = from_cursor and call('ZMSCORE', key(number, 'cancelled'), unpack(candidates)) or {}
    for i, position in ipairs(candidates) do
        if found[i] and not failed[i] and not cancelled[i] and #positions < want then
            table.insert(positions, tonumber(position))
            table.insert(records, found[i])
        end
    end
end
take(call('ZRANGE', key(number, 'again'), 0, want - 1), false)
local job = call('HMGET', key(number), 'cursor', 'next')
local at, last = tonumber(job[1]) or 0, (tonumber(job[2]) or 0) - 1
for _ = 1, 10 do
    if #positions >= want or at > last then
        break
    end
    local candidates, before = {}, #positions
    for position = at, math.min(at + want - 1, last) do
        table.insert(candidates, position)
    end
    take(candidates, true)
    at = at + #candidates
    if #positions == 0 and before == 0 then
        -- nothing here will ever be pending again: not looked at twice
        call('HSET', key(number), 'cursor', at)
    end
end
return { at <= last and 1 or 0, positions, records }
