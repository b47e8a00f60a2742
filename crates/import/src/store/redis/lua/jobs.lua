-- ARGV: how many to leave out, how many. The number of all jobs, then number and fields of each, newest first.
local page = {}
for _, number in ipairs(call('ZREVRANGE', base .. 'list', ARGV[1], ARGV[1] + ARGV[2] - 1)) do
    local fields = redis.pcall('HGETALL', key(number))
    table.insert(page, { number, fields.err and {} or fields })
end
return { call('ZCARD', base .. 'list'), page }
