-- Takes outcomes to be reported. ARGV: …, milliseconds until somebody else may, how many at most. Answers a list for each, and
-- the numbers of those that were set aside.
local at = now()
local jobs, taken, aside = {}, {}, {}
for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'reports', '-inf', at, 'LIMIT', 0, ARGV[4])) do
  taken[#taken + 1] = with_task(id, aside, function()
    local task = P .. 'task:' .. id
    local job, outcome, before = unpack(call('HMGET', task, 'job', 'outcome', 'owner'))
    if not outcome then
      call('ZREM', P .. 'reports', id)
      return nil
    end
    assert(job and before and tonumber(id), 'no task')
    call('SREM', P .. 'hands:' .. before, id)
    call('SADD', P .. 'hands:' .. me, id)
    call('HSET', task, 'owner', me)
    call('ZADD', P .. 'reports', at + tonumber(ARGV[3]), id)
    jobs[job] = jobs[job] or call('HMGET', P .. 'job:' .. job, 'state', 'failure', 'accepts_results')
    local state, failure, accepts = unpack(jobs[job])
    return { id, job, outcome, state or 'open', failure or '', accepts or '0' }
  end)
end
return { taken, aside }
