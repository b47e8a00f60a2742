-- The worker was started again: what it had in hand before is in nobody's.
local hands = P .. 'hands:' .. me
for _, id in ipairs(call('SMEMBERS', hands)) do
  -- what is no task is found among the leases
  pcall(function()
    local task = P .. 'task:' .. id
    local state, owner = unpack(call('HMGET', task, 'state', 'owner'))
    if owner == me and state == 'leased' then
      take_away(id, me)
    elseif owner == me and state == 'ended' then
      call('ZADD', P .. 'reports', 'XX', now(), id)
      call('HSET', task, 'owner', '')
    end
  end)
end
call('DEL', hands)
return 1
