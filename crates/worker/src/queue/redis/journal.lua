-- Writes down an image that is imported beside the queue, in hand from the start: should its worker die, somebody finds it
-- and releases its object. ARGV: …, job, milliseconds of a lease, file's id, its record. Answers the task's number.
local job = ARGV[3]
local id = tostring(call('INCR', P .. 'last-task'))
local at = now()
call('HSET', P .. 'job:' .. job, 'state', 'open', 'accepts_results', 1, 'progressed_at', at)
call('HSET', P .. 'task:' .. id, 'job', job, 'key', '', 'file_id', ARGV[5], 'drive', '', 'sha256', '', 'file', ARGV[6],
  'claim', 1, 'touched', 1, 'needs_drive', 0, 'state', 'leased', 'owner', me, 'entry', '')
call('ZADD', P .. 'leases', at + tonumber(ARGV[4]), id)
call('SADD', P .. 'hands:' .. me, id)
return id
