-- Milliseconds since a job had a batch or an outcome, not counting the time when no worker was there. ARGV: …, job.
local since = call('HGET', P .. 'job:' .. ARGV[3], 'progressed_at')
if not since then return 0 end
local idle_until = call('HGET', P .. 'clock', 'idle_until') or 0
return now() - math.max(tonumber(since), tonumber(idle_until))
