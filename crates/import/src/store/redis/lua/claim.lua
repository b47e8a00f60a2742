-- ARGV: owner, length of the lease in milliseconds, how many. Pairs of job and claim.
local at = now_ms()
local taken = {}
for _, number in ipairs(call('ZRANGEBYSCORE', base .. 'open', '-inf', at, 'LIMIT', 0, ARGV[3])) do
    local before = call('HGET', key(number), 'owner')
    if before then
        call('SREM', base .. 'held:' .. before, number)
    end
    call('HSET', key(number), 'owner', ARGV[1])
    call('SADD', base .. 'held:' .. ARGV[1], number)
    call('ZADD', base .. 'open', at + ARGV[2], number)
    table.insert(taken, { tonumber(number), call('HINCRBY', key(number), 'claim', 1) })
end
return taken
