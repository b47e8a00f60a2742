-- Writes a batch down. ARGV: …, job, whether its sender understands outcomes by file, request, then five for each file:
-- its key, its id as reported, its Drive id, its SHA-256, its record.
local job, accepts, request = ARGV[3], ARGV[4], ARGV[5]
local at = now()
local job_key, files, done = P .. 'job:' .. job, P .. 'files:' .. job, P .. 'done:' .. job

local state = call('HGET', job_key, 'state') or 'open'
if state == 'failed' then
  -- who sends more of it wants it to go on
  state = 'open'
  call('HDEL', job_key, 'failure', 'progressed_at')
end
call('HSET', job_key, 'state', state, 'accepts_results', accepts)
call('HSETNX', job_key, 'progressed_at', at)
call('PERSIST', job_key)
call('PERSIST', done)

local fresh = 0
for i = 6, #ARGV, 5 do
  local key, file_id, drive, sum, file = unpack(ARGV, i, i + 4)
  local known = call('HGET', files, key)
  -- a task that is gone, or was set aside, is made anew
  if not known or call('EXISTS', P .. 'task:' .. known) == 0 then
    local brief = call('HGET', done, key)
    -- a sender that never resends means it anew
    local again = brief and accepts == '1'
    if state == 'cancelled' and not again then
      brief = '{"file_id":' .. cjson.encode(file_id) .. ',"outcome":"cancelled"}'
      again = true
    end
    call('HDEL', done, key)
    local id = tostring(call('INCR', P .. 'last-task'))
    local task = P .. 'task:' .. id
    call('HSET', files, key, id)
    call('HSET', task, 'job', job, 'key', key, 'file_id', file_id, 'drive', drive, 'sha256', sum, 'claim', 0,
      'touched', 0, 'needs_drive', 1, 'owner', '', 'entry', '')
    fresh = fresh + 1
    if again then
      call('HINCRBY', job_key, 'unfinished', 1)
      write_end(id, job, brief, brief, at)
    else
      call('HSET', task, 'file', file, 'request', request)
      call('HINCRBY', job_key, 'unfinished', 1)
      call('SADD', P .. 'open', job)
      make_ready(id)
    end
  end
end
-- what only comes again is no progress
if fresh > 0 then call('HSET', job_key, 'progressed_at', at) end
forget_later(job)
return fresh
