-- Stops a job. ARGV: …, job, state, why it failed. Answers how many of its tasks have no outcome.
local job_key = P .. 'job:' .. ARGV[3]
local state = call('HGET', job_key, 'state')
if not state then call('HSET', job_key, 'accepts_results', 1, 'progressed_at', now(), 'unfinished', 0) end
-- a cancelled job stays cancelled
if state ~= 'cancelled' then
  call('HSET', job_key, 'state', ARGV[4], 'failure', ARGV[5])
end
forget_later(ARGV[3])
return tonumber(call('HGET', job_key, 'unfinished') or 0)
