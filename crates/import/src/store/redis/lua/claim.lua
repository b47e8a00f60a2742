-- ARGV: owner, length of the lease in milliseconds, how many. Pairs of job and claim.
local at = now_ms()
local taken = {}
for _, number in ipairs(call('ZRANGEBYSCORE', base .. 'open', '-inf', at, 'LIMIT', 0, ARGV[3])) do
    local fields = redis.pcall('HMGET', key(number), 'owner', 'progress', 'claim')
    if tonumber(number) and not fields.err and fields[2] and tonumber(fields[3] or 0) then
        if fields[1] then
            call('SREM', base .. 'held:' .. fields[1], number)
        end
        call('HSET', key(number), 'owner', ARGV[1])
        call('SADD', base .. 'held:' .. ARGV[1], number)
        call('ZADD', base .. 'open', at + ARGV[2], number)
        table.insert(taken, { tonumber(number), call('HINCRBY', key(number), 'claim', 1) })
    else
        -- it is no job: whoever looks for work must not find it again and again
        call('ZREM', base .. 'open', number)
    end
end
return taken
