-- ARGV: id, the number of the last entry that is known, how many. The number of the first entry, and entries.
local number = call('GET', base .. 'id:' .. ARGV[1])
if not number then
    return { 1, {} }
end
local last = tonumber(call('HGET', key(number), 'imported') or 0)
local oldest = last - call('LLEN', key(number, 'imported')) + 1
local first = math.max(oldest, ARGV[2] + 1)
return { first, call('LRANGE', key(number, 'imported'), first - oldest, first - oldest + ARGV[3] - 1) }
