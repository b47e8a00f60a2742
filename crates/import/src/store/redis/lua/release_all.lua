-- ARGV[1]: the owner. Costs by what it held.
local held = base .. 'held:' .. ARGV[1]
for _, number in ipairs(call('SMEMBERS', held)) do
    if call('HGET', key(number), 'owner') == ARGV[1] then
        call('HDEL', key(number), 'owner')
        call('ZADD', base .. 'open', 'XX', 0, number)
    end
end
call('DEL', held)
