-- ARGV: job, owner, claim, length of the lease in milliseconds. 1 when it is held, even if the lease has ended.
local number = ARGV[1]
if not is_held(number, { owner = ARGV[2], claim = tonumber(ARGV[3]) }) then
    return 0
end
call('ZADD', base .. 'open', 'XX', now_ms() + ARGV[4], number)
return 1
