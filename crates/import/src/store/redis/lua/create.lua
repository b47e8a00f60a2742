-- ARGV[1]: a plan with `id`, `made_by`, `owner`, `lease_ms`, for a retry `retry_of`, and maybe `most_running`. 'made' with
-- the job; 'gone' when there is nothing to retry; 'full' with the number of jobs that run; 'exists' when the id is taken,
-- but not by this call whose answer got lost.
local plan = cjson.decode(ARGV[1])
local number = call('GET', base .. 'id:' .. plan.id)
if not number then
    local source
    if plan.retry_of then
        source = call('GET', base .. 'id:' .. plan.retry_of)
        if not source then
            return { 'gone', 0, {} }
        end
    end
    if plan.most_running then
        local count = running()
        if count >= plan.most_running then
            return { 'full', count, {} }
        end
    end
    number = call('INCR', base .. 'last')
    local at = now_ms()
    call('SET', base .. 'id:' .. plan.id, number)
    call('ZADD', base .. 'list', number, number)
    call('ZADD', base .. 'open', at + plan.lease_ms, number)
    call('SADD', base .. 'held:' .. plan.owner, number)
    call('HSET', key(number), 'created', at, 'version', 0, 'claim', 0, 'owner', plan.owner, 'cursor', 0,
        'made_by', plan.made_by)
    if source then
        call('HSET', key(number), 'source', source)
        call('SADD', key(source, 'retries'), number)
        call('ZREM', base .. 'ended', source)
    end
    if plan.top then
        call('SADD', key(number, 'folders'), plan.top)
    end
    apply(number, plan)
elseif call('HGET', key(number), 'made_by') ~= plan.made_by then
    return { 'exists', 0, {} }
end
return { 'made', tonumber(number), call('HGETALL', key(number)) }
