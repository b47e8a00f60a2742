-- ARGV: id, 'failed' or 'cancelled', 'after' or 'offset', from where, how many. Whether the job has to be tidied first,
-- number, progress, number of all, then positions, records and reasons in the order of the listing.
local number = call('GET', base .. 'id:' .. ARGV[1])
if not number then
    return false
end
local kind, at_most = key(number, ARGV[2]), tonumber(ARGV[5])
local positions
if at_most == 0 then
    positions = {}
elseif ARGV[3] == 'after' then
    positions = call('ZRANGEBYSCORE', kind, '(' .. ARGV[4], '+inf', 'LIMIT', 0, at_most)
else
    positions = call('ZRANGE', kind, ARGV[4], ARGV[4] + at_most - 1)
end
local records, why = {}, {}
for i, position in ipairs(positions) do
    records[i] = call('HGET', key(number, 'records'), position)
    why[i] = call('HGET', key(number, 'why'), position)
    positions[i] = tonumber(position)
end
return {
    call('SISMEMBER', base .. 'untidy', number), tonumber(number), call('HGET', key(number), 'progress'),
    call('ZCARD', kind), positions, records, why,
}
