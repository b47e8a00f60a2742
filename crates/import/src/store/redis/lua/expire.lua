-- ARGV: for how many milliseconds a job must have ended, how many jobs. How many went. UNLINK frees memory beside.
local old = call('ZRANGEBYSCORE', base .. 'ended', '-inf', now_ms() - ARGV[1], 'LIMIT', 0, ARGV[2])
for _, number in ipairs(old) do
    call('DEL', base .. 'id:' .. (call('HGET', key(number), 'id') or ''))
    for _, part in ipairs({
        'files', 'records', 'why', 'sent', 'again', 'failed', 'cancelled', 'newest', 'imported', 'folders', 'to-list',
        'retries',
    }) do
        call('UNLINK', key(number, part))
    end
    call('UNLINK', key(number))
    call('ZREM', base .. 'list', number)
    call('ZREM', base .. 'ended', number)
    call('SREM', base .. 'untidy', number)
end
return #old
