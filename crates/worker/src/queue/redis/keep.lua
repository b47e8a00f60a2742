-- Writes down how far a task has come, and renews its lease. ARGV: …, task, lease, milliseconds of a lease, whether an
-- object of it may exist, whether it needs Drive, progress. Answers 0 when the lease was lost.
local id, claim = ARGV[3], ARGV[4]
if not is_held(id, claim) then return 0 end
call('ZADD', P .. 'leases', now() + tonumber(ARGV[5]), id)
call('HSET', P .. 'task:' .. id, 'touched', ARGV[6], 'needs_drive', ARGV[7], 'progress', ARGV[8])
return 1
