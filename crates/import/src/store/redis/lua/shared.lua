-- Comes before every other script: names of keys, the clock, who holds a job, and how a plan is applied.
-- KEYS[1] is what the name of every key begins with. What is decided is decided in Rust; scripts compare and write.
local base = KEYS[1]
local call = redis.call

local function key(number, part)
    return base .. number .. (part and ':' .. part or '')
end

-- The clock of Redis: those of the machines need not agree.
local function now_ms()
    local time = call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function is_held(number, held)
    local by = call('HMGET', key(number), 'owner', 'claim')
    return by[1] == held.owner and tonumber(by[2]) == held.claim
end

-- How many jobs have not ended. One that has may be open still: its worker is told so.
local function running()
    local count = 0
    for _, number in ipairs(call('ZRANGE', base .. 'open', 0, -1)) do
        count = count + 1 - call('HEXISTS', key(number), 'ended')
    end
    return count
end

-- A file has an outcome: 's' stored, 'f' failed, 'c' cancelled.
local function end_file(number, id, position, state, why)
    call('ZREM', key(number, 'sent'), position)
    call('ZREM', key(number, 'again'), position)
    if state == 's' then
        -- known as long as the job runs, but its record is not needed again
        call('HSET', key(number, 'files'), id, 's')
        call('HDEL', key(number, 'records'), position)
        call('HDEL', key(number, 'why'), position)
        call('ZREM', key(number, 'cancelled'), position)
        if call('ZREM', key(number, 'failed'), position) == 1 then
            call('LREM', key(number, 'newest'), 1, position)
        end
    elseif state == 'f' then
        call('HSET', key(number, 'files'), id, 'f' .. position)
        call('ZADD', key(number, 'failed'), position, position)
        call('LPUSH', key(number, 'newest'), position)
        -- twice as many as are shown: some may be stored later
        call('LTRIM', key(number, 'newest'), 0, 199)
        if why ~= '' then
            call('HSET', key(number, 'why'), position, why)
        end
    else
        call('HSET', key(number, 'files'), id, 'c' .. position)
        call('ZADD', key(number, 'cancelled'), position, position)
    end
end

-- From now on it can expire.
local function close(number)
    if call('ZREM', base .. 'open', number) == 0 then
        return
    end
    local owner = call('HGET', key(number), 'owner')
    if owner then
        call('SREM', base .. 'held:' .. owner, number)
    end
    if call('SCARD', key(number, 'retries')) == 0 then
        call('ZADD', base .. 'ended', call('HGET', key(number), 'ended'), number)
    end
end

-- Nothing is left of it. UNLINK frees memory beside.
local function drop(number)
    call('DEL', base .. 'id:' .. (call('HGET', key(number), 'id') or ''))
    for _, part in ipairs({
        'files', 'records', 'why', 'sent', 'again', 'failed', 'cancelled', 'newest', 'imported', 'folders', 'to-list',
        'retries',
    }) do
        call('UNLINK', key(number, part))
    end
    call('UNLINK', key(number))
    call('ZREM', base .. 'list', number)
    call('ZREM', base .. 'ended', number)
    call('SREM', base .. 'untidy', number)
end

-- A retry has read all that it takes: the job it reads may expire again.
local function let_go_of_source(number)
    local source = call('HGET', key(number), 'source')
    if source and call('SREM', key(source, 'retries'), number) == 1 and call('SCARD', key(source, 'retries')) == 0 then
        local ended = call('HGET', key(source), 'ended')
        if ended and not call('ZSCORE', base .. 'open', source) then
            call('ZADD', base .. 'ended', ended, source)
        end
    end
end

local function apply(number, plan)
    local at = now_ms()
    call('HINCRBY', key(number), 'version', 1)
    for name, value in pairs(plan.set or {}) do
        call('HSET', key(number), name, value)
    end
    for _, name in ipairs(plan.clear or {}) do
        call('HDEL', key(number), name)
    end
    for _, file in ipairs(plan.add or {}) do
        call('HSET', key(number, 'files'), file[1], file[2])
        call('HSET', key(number, 'records'), file[2], file[3])
    end
    for _, id in ipairs(plan.add_stored or {}) do
        call('HSET', key(number, 'files'), id, 's')
    end
    for _, folder in ipairs(plan.found or {}) do
        call('SADD', key(number, 'folders'), folder[1])
        call('RPUSH', key(number, 'to-list'), folder[2])
    end
    if plan.next_folder then
        call('LPOP', key(number, 'to-list'))
    end
    for _, position in ipairs(plan.sent or {}) do
        call('ZADD', key(number, 'sent'), at, position)
        call('ZREM', key(number, 'again'), position)
    end
    if plan.sent_until and plan.sent_until > tonumber(call('HGET', key(number), 'cursor')) then
        call('HSET', key(number), 'cursor', plan.sent_until)
    end
    for _, position in ipairs(plan.again or {}) do
        call('ZREM', key(number, 'sent'), position)
        call('ZADD', key(number, 'again'), position, position)
    end
    for _, file in ipairs(plan.ended_files or {}) do
        end_file(number, file[1], file[2], file[3], file[4])
    end
    for _, entry in ipairs(plan.imported or {}) do
        call('RPUSH', key(number, 'imported'), entry)
    end
    if plan.imported then
        call('LTRIM', key(number, 'imported'), -plan.keep_imported, -1)
    end
    if plan.ended then
        call('HSETNX', key(number), 'ended', at)
        call('SADD', base .. 'untidy', number)
        let_go_of_source(number)
    end
    if plan.closed then
        close(number)
    end
end
