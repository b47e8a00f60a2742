-- What every script begins with. ARGV[1]: what every key begins with; ARGV[2]: the worker that asks.
local call = redis.call
local P, me = ARGV[1], ARGV[2]
local GROUP = 'workers'
-- Seconds. How long after a job's last report its outcomes and its state are kept.
local KEEP_DONE, KEEP_JOB = 3600, 604800
-- Seconds for which what was set aside can be looked into.
local KEEP_ASIDE = 604800

-- Milliseconds since 1970 by the clock of Redis: those of the workers' machines need not agree. Where that clock was set
-- back, time goes on from where it was: else all that is due would come late by as much.
local function now()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000) + (call('HGET', P .. 'clock', 'behind') or 0)
end

local function is_open(job)
  local state = call('HGET', P .. 'job:' .. job, 'state')
  return state ~= 'cancelled' and state ~= 'failed'
end

-- The task may run: it goes to the end of its job's stream, and the job gets its turn. Two lanes, so that what needs
-- Drive is passed over at no cost while Drive is closed.
local function make_ready(id)
  local job, needs_drive = unpack(call('HMGET', P .. 'task:' .. id, 'job', 'needs_drive'))
  -- a Redis that drops keys has lost it; the others must not suffer
  if not job then return end
  local lane = (needs_drive == '1' and is_open(job)) and 'drive' or 'free'
  local stream = P .. 'tasks:' .. lane .. ':' .. job
  if call('EXISTS', stream) == 0 then call('XGROUP', 'CREATE', stream, GROUP, '0', 'MKSTREAM') end
  local entry = call('XADD', stream, '*', 'task', id)
  call('HSET', P .. 'task:' .. id, 'state', 'ready', 'lane', lane, 'entry', entry)
  call('ZADD', P .. 'turns:' .. lane, 'NX', call('INCR', P .. 'turn'), job)
end

-- The only way out of a stream: acknowledged, then deleted. A stream without entries goes, and its group with it.
local function leave_stream(id)
  local job, lane, entry = unpack(call('HMGET', P .. 'task:' .. id, 'job', 'lane', 'entry'))
  if not entry or entry == '' then return end
  local stream = P .. 'tasks:' .. lane .. ':' .. job
  call('XACK', stream, GROUP, entry)
  call('XDEL', stream, entry)
  if call('XLEN', stream) == 0 then
    call('DEL', stream)
    call('ZREM', P .. 'turns:' .. lane, job)
  end
  call('HSET', P .. 'task:' .. id, 'entry', '')
end

-- Where it stands under which Drive id bytes have been through: one hash for each hour, so that they go as a whole.
local function bytes_key(at, hours_back)
  return P .. 'bytes:' .. (math.floor(at / 3600000) - hours_back)
end

-- The Drive id under which these bytes have been through lately; `*` for several. A few digits will do: who believes
-- in a twin that is none asks once in vain.
local function seen_as(sum, at)
  local short = string.sub(sum, 1, 16)
  return call('HGET', bytes_key(at, 0), short) or call('HGET', bytes_key(at, 1), short)
end

local function note_bytes(sum, drive, at)
  local before = seen_as(sum, at)
  local key = bytes_key(at, 0)
  call('HSET', key, string.sub(sum, 1, 16), (before and before ~= drive) and '*' or drive)
  call('EXPIRE', key, 7200)
end

-- Some of those who wait for a thing may run; the others when it is let go the next time, or after a while should nobody
-- have taken it. All at once would mostly wait again: what thousands wait for would cost millions of steps.
local function wake(thing, at)
  local waiting = P .. 'waiting:' .. thing
  local is_shared = string.sub(thing, 1, 6) == 'bytes:' and seen_as(string.sub(thing, 7), at)
  if not is_shared and call('HEXISTS', P .. 'in-work', thing) == 1 then return end
  local woken = call('ZPOPMIN', waiting, is_shared and 200 or 8)
  for i = 1, #woken, 2 do
    -- what is no task is found among the delayed, and set aside there
    if not pcall(make_ready, woken[i]) then call('ZADD', P .. 'delayed', at, woken[i]) end
  end
  if call('EXISTS', waiting) == 1 then
    call('ZADD', P .. 'freed', at + (is_shared and 0 or 1000), thing)
  else
    call('ZREM', P .. 'freed', thing)
  end
end

-- The file and the bytes of a task in work are free again: who waited for them may run.
local function let_go(id)
  local drive, sum = unpack(call('HMGET', P .. 'task:' .. id, 'drive', 'sha256'))
  for _, thing in ipairs({ 'file:' .. drive, 'bytes:' .. sum }) do
    if call('HGET', P .. 'in-work', thing) == id then
      call('HDEL', P .. 'in-work', thing)
      wake(thing, now())
    end
  end
end

-- Whether the asking worker still holds the lease with this number. Nobody holds what is no task.
local function is_held(id, claim)
  local fields = redis.pcall('HMGET', P .. 'task:' .. id, 'state', 'owner', 'claim')
  return not fields.err and fields[1] == 'leased' and fields[2] == me and fields[3] == claim
end

-- Nobody has the task in hand any more.
local function end_lease(id, owner)
  call('ZREM', P .. 'leases', id)
  call('SREM', P .. 'hands:' .. owner, id)
  call('HSET', P .. 'task:' .. id, 'owner', '')
end

-- The holder is gone, and may have left an object.
local function take_away(id, owner)
  end_lease(id, owner)
  leave_stream(id)
  call('HSET', P .. 'task:' .. id, 'touched', 1)
  make_ready(id)
  let_go(id)
end

-- What stands under a task's key is not what this system wrote: nobody takes it again, and nobody waits for it. Its job
-- does not know the file any more, so that the file is a new task when import sends it again.
local function set_aside(id)
  local task = P .. 'task:' .. id
  for _, times in ipairs({ 'leases', 'delayed', 'reports' }) do call('ZREM', P .. times, id) end
  call('SREM', P .. 'hands:' .. me, id)
  if call('TYPE', task).ok == 'hash' then
    local job, key, state, owner, drive, sum =
      unpack(call('HMGET', task, 'job', 'key', 'state', 'owner', 'drive', 'sha256'))
    if owner then call('SREM', P .. 'hands:' .. owner, id) end
    pcall(leave_stream, id)
    if job and key and redis.pcall('HGET', P .. 'files:' .. job, key) == id then
      call('HDEL', P .. 'files:' .. job, key)
      local unfinished = state ~= 'ended' and redis.pcall('HINCRBY', P .. 'job:' .. job, 'unfinished', -1)
      if type(unfinished) == 'number' and unfinished <= 0 then call('SREM', P .. 'open', job) end
    end
    for _, thing in ipairs({ 'file:' .. (drive or ''), 'bytes:' .. (sum or '') }) do
      if call('HGET', P .. 'in-work', thing) == id then
        call('HDEL', P .. 'in-work', thing)
        pcall(wake, thing, now())
      end
    end
  end
  if call('EXISTS', task) == 1 then
    call('RENAME', task, P .. 'unreadable:' .. id)
    call('EXPIRE', P .. 'unreadable:' .. id, KEEP_ASIDE)
  end
end

-- Does something with a task. One that is none, or is damaged, must not stop what is done with the others: it is set
-- aside and noted in `aside`. Answers what was done, if anything.
local function with_task(id, aside, work, ...)
  local is_done, answer = pcall(work, id, ...)
  if is_done then return answer end
  aside[#aside + 1] = id
  set_aside(id)
end

-- Writes an outcome down; its entry stays in the stream until the report was taken. `brief` is what is remembered after.
local function write_end(id, job, outcome, brief, at)
  local task = P .. 'task:' .. id
  call('HSET', task, 'state', 'ended', 'outcome', outcome, 'brief', brief)
  call('HDEL', task, 'file', 'progress', 'request')
  call('ZADD', P .. 'reports', at, id)
  if call('HINCRBY', P .. 'job:' .. job, 'unfinished', -1) <= 0 then call('SREM', P .. 'open', job) end
end

-- A job that has nothing left here is forgotten after a while. Anything new keeps it again.
local function forget_later(job)
  if call('EXISTS', P .. 'files:' .. job) == 0 then
    call('EXPIRE', P .. 'done:' .. job, KEEP_DONE)
    call('EXPIRE', P .. 'job:' .. job, KEEP_JOB)
  end
end

-- Notes that somebody works: workers claim or renew every ten seconds at least. After a time when nobody could, leases get
-- time to be renewed before they end, because their holders waited for Redis too. And the time is no job's fault. Answers
-- the time.
local function note_presence()
  local clock, at = P .. 'clock', now()
  local seen = tonumber(call('HGET', clock, 'seen') or at)
  if seen > at then
    call('HINCRBY', clock, 'behind', seen - at)
    at = seen
  end
  if at - seen > 12000 then call('HSET', clock, 'idle_until', at, 'patient_until', at + 15000) end
  call('HSET', clock, 'seen', at)
  return at
end

