-- ARGV: job, owner, claim.
local number = ARGV[1]
if is_held(number, { owner = ARGV[2], claim = tonumber(ARGV[3]) }) then
    call('HDEL', key(number), 'owner')
    call('SREM', base .. 'held:' .. ARGV[2], number)
    call('ZADD', base .. 'open', 'XX', 0, number)
end
