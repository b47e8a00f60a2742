-- Renews leases. ARGV: …, milliseconds of a lease, then two for each task: its number, the lease's. Answers those that are
-- still held: number, state of the job, why it failed.
local at = note_presence()
local held = {}
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  if is_held(id, ARGV[i + 1]) then
    call('ZADD', P .. 'leases', at + tonumber(ARGV[3]), id)
    local job = call('HGET', P .. 'task:' .. id, 'job')
    local state, failure = unpack(call('HMGET', P .. 'job:' .. job, 'state', 'failure'))
    held[#held + 1] = { id, state or 'open', failure or '' }
  end
end
return held
