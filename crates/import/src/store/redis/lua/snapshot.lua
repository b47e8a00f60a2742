-- ARGV: id, 1 for the list of stored images too, how many failures. All of the same moment.
local number = call('GET', base .. 'id:' .. ARGV[1])
if not number then
    return false
end
local imported = ARGV[2] == '1' and call('LRANGE', key(number, 'imported'), 0, -1) or {}
local records, why = {}, {}
for i, position in ipairs(call('LRANGE', key(number, 'newest'), 0, ARGV[3] - 1)) do
    records[i] = call('HGET', key(number, 'records'), position)
    why[i] = call('HGET', key(number, 'why'), position)
end
return { tonumber(number), call('HGETALL', key(number)), imported, records, why }
