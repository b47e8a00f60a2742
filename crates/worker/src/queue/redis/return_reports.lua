-- Outcomes that were not taken. ARGV: …, milliseconds to wait, tasks.
local due = now() + tonumber(ARGV[3])
for i = 4, #ARGV do
  local id = ARGV[i]
  local task = P .. 'task:' .. id
  local state, owner = unpack(call('HMGET', task, 'state', 'owner'))
  if state == 'ended' and owner == me then
    call('ZADD', P .. 'reports', due, id)
    call('SREM', P .. 'hands:' .. me, id)
    call('HSET', task, 'owner', '')
  end
end
return 1
