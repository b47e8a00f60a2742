-- ARGV[1]: the job's `number`, the `files` and `folders` that matter, `held` where only the holder may.
-- 'found' with what a decision needs, 'gone' when there is no such job, 'lost' when it is not held.
local ask = cjson.decode(ARGV[1])
local number = ask.number
local job = call('HMGET', key(number), 'version', 'progress', 'next', 'recursive')
if ask.held and not is_held(number, ask.held) then
    return { 'lost', false }
end
if not job[1] then
    return { 'gone', false }
end
local states = {}
for i, id in ipairs(ask.files or {}) do
    local state = call('HGET', key(number, 'files'), id)
    -- a bare position: no outcome yet
    if state and tonumber(state) then
        state = (call('ZSCORE', key(number, 'sent'), state) and 'w' or 'p') .. state
    end
    states[i] = state
end
local known = {}
for i, id in ipairs(ask.folders or {}) do
    known[i] = call('SISMEMBER', key(number, 'folders'), id)
end
local overdue = {}
if ask.sent_for then
    overdue = call('ZRANGEBYSCORE', key(number, 'sent'), '-inf', now_ms() - ask.sent_for, 'LIMIT', 0, 1000)
end
return {
    'found',
    { job[1], job[2], job[3], job[4], states, known, call('LINDEX', key(number, 'to-list'), 0), overdue },
}
