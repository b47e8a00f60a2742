-- How many tasks are ready, delayed, leased and ended, and for how many milliseconds the oldest that is ready has been so.
-- Costs by the jobs that are open, not by their tasks.
local unfinished, ready, oldest = 0, 0, nil
for _, job in ipairs(call('SMEMBERS', P .. 'open')) do
  unfinished = unfinished + (call('HGET', P .. 'job:' .. job, 'unfinished') or 0)
  for _, lane in ipairs({ 'drive', 'free' }) do
    local stream = P .. 'tasks:' .. lane .. ':' .. job
    local group = call('EXISTS', stream) == 1 and call('XINFO', 'GROUPS', stream)[1]
    if group then
      local about = {}
      for i = 1, #group, 2 do about[group[i]] = group[i + 1] end
      ready = ready + call('XLEN', stream) - about['pending']
      -- numbers of entries begin with the time when they came
      local next = call('XRANGE', stream, '(' .. about['last-delivered-id'], '+', 'COUNT', 1)[1]
      local came = next and tonumber(string.match(next[1], '^%d+'))
      if came and (not oldest or came < oldest) then oldest = came end
    end
  end
end
local time = call('TIME')
local age = oldest and math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - oldest) or 0
local leased = call('ZCARD', P .. 'leases')
return { ready, math.max(0, unfinished - ready - leased), leased, call('ZCARD', P .. 'reports'), age }
