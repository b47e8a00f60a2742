-- Renews leases. ARGV: …, milliseconds of a lease, then two for each task: its number, the lease's. Answers those that are
-- still held: number, state of the job, why it failed.
local at = note_presence()
local held = {}
for i = 4, #ARGV, 2 do
  local id = ARGV[i]
  if is_held(id, ARGV[i + 1]) then
    call('ZADD', P .. 'leases', at + tonumber(ARGV[3]), id)
    local job = call('HGET', P .. 'task:' .. id, 'job')
    local about = redis.pcall('HMGET', P .. 'job:' .. (job or ''), 'state', 'failure')
    held[#held + 1] = { id, about[1] or 'open', about[2] or '' }
  end
end
return held
