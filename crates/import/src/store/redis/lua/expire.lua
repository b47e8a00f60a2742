-- ARGV: for how many milliseconds a job must have ended, how many jobs. How many went.
local old = call('ZRANGEBYSCORE', base .. 'ended', '-inf', now_ms() - ARGV[1], 'LIMIT', 0, ARGV[2])
for _, number in ipairs(old) do
    drop(number)
end
return #old
