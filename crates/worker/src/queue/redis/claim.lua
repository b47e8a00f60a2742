-- Leases tasks, of one job after the other. ARGV: …, how many at most, whether Drive may be asked (1), milliseconds of a
-- lease. Answers a list for each task, and the numbers of those that were set aside.
local limit, with_drive, lease = tonumber(ARGV[3]), ARGV[4] == '1', tonumber(ARGV[5])
-- Most waits and leases that are ended in one call: a long script holds everybody up, and the next call comes soon.
local MOST = 200
local at = note_presence()
local aside = {}

for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'delayed', '-inf', at, 'LIMIT', 0, MOST)) do
  call('ZREM', P .. 'delayed', id)
  with_task(id, aside, make_ready)
end
for _, thing in ipairs(call('ZRANGEBYSCORE', P .. 'freed', '-inf', at, 'LIMIT', 0, 10)) do
  call('ZREM', P .. 'freed', thing)
  pcall(wake, thing, at)
end
if at >= tonumber(call('HGET', P .. 'clock', 'patient_until') or 0) then
  for _, id in ipairs(call('ZRANGEBYSCORE', P .. 'leases', '-inf', at, 'LIMIT', 0, MOST)) do
    with_task(id, aside, function()
      local owner = call('HGET', P .. 'task:' .. id, 'owner')
      if owner then take_away(id, owner) else call('ZREM', P .. 'leases', id) end
    end)
  end
end

-- The thing in work elsewhere that a task must wait for: its file, or its bytes until they were stored once.
local function obstacle(id, drive, sum)
  local function is_taken(thing)
    local holder = call('HGET', P .. 'in-work', thing)
    return holder and holder ~= id
  end
  if drive ~= '' and is_taken('file:' .. drive) then return 'file:' .. drive end
  if sum ~= '' and is_taken('bytes:' .. sum) and not seen_as(sum, at) then return 'bytes:' .. sum end
end

local function take(id)
  local task = P .. 'task:' .. id
  local job, drive, sum, file_id, file, request, touched, progress, before = unpack(call('HMGET', task, 'job', 'drive',
    'sha256', 'file_id', 'file', 'request', 'touched', 'progress', 'claim'))
  -- a Redis that drops keys has lost it
  if not job and call('EXISTS', task) == 0 then return nil end
  assert(job and drive and sum and file_id and file and touched and tonumber(before) and tonumber(id), 'no task')
  local in_the_way = obstacle(id, drive, sum)
  if in_the_way then
    -- aside, where it is found again when that is over, and costs nothing until then
    leave_stream(id)
    call('HSET', task, 'state', 'waiting', 'waits_for', in_the_way)
    call('ZADD', P .. 'waiting:' .. in_the_way, id, id)
    return nil
  end
  -- no number comes twice, not even where Redis has lost its last moments and gives numbers of tasks again
  local claim = math.max(before + 1, at)
  call('HSET', task, 'state', 'leased', 'owner', me, 'claim', claim)
  call('ZADD', P .. 'leases', at + lease, id)
  call('SADD', P .. 'hands:' .. me, id)
  if drive ~= '' then call('HSET', P .. 'in-work', 'file:' .. drive, id) end
  if sum ~= '' then call('HSETNX', P .. 'in-work', 'bytes:' .. sum, id) end
  local stored_as = sum ~= '' and seen_as(sum, at)
  local has_twin = stored_as and drive ~= '' and stored_as ~= drive
  local state, failure = unpack(call('HMGET', P .. 'job:' .. job, 'state', 'failure'))
  return { id, claim, job, state or 'open', failure or '', file_id, file, request or '', touched, progress or '',
    has_twin and 1 or 0 }
end

-- The next task of a job that nobody had yet.
local function next_of(lane, job)
  local stream = P .. 'tasks:' .. lane .. ':' .. job
  if call('EXISTS', stream) == 0 then return nil end
  local read = call('XREADGROUP', 'GROUP', GROUP, me, 'COUNT', 1, 'STREAMS', stream, '>')
  if not read then return nil end
  local entry, id = read[1][2][1][1], read[1][2][1][2][2]
  if redis.pcall('HGET', P .. 'task:' .. id, 'entry') ~= entry then
    -- nobody will take this entry out
    call('XACK', stream, GROUP, entry)
    call('XDEL', stream, entry)
    if call('XLEN', stream) == 0 then call('DEL', stream) end
  end
  return id
end

local taken = {}
local looks = limit * 2 + MOST
-- One from each lane in turn: neither new images nor those that are nearly done hold the others up, also where one task
-- is taken at a time.
local lanes = { 'free' }
if with_drive then
  local is_odd = call('HINCRBY', P .. 'clock', 'claims', 1) % 2 == 1
  lanes = is_odd and { 'free', 'drive' } or { 'drive', 'free' }
end
while #taken < limit and looks > 0 do
  local found = false
  for _, lane in ipairs(lanes) do
    local turns = P .. 'turns:' .. lane
    local job = #taken < limit and call('ZRANGE', turns, 0, 0)[1]
    if job then
      found = true
      looks = looks - 1
      local is_stream, id = pcall(next_of, lane, job)
      if not is_stream or not id then
        call('ZREM', turns, job)
      else
        taken[#taken + 1] = with_task(id, aside, take)
        call('ZADD', turns, call('INCR', P .. 'turn'), job)
      end
    end
  end
  if not found then break end
end
return { taken, aside }
