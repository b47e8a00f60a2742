-- ARGV[1]: a plan that was made from `version` of the job `number`. 'done', or why nothing was written.
local plan = cjson.decode(ARGV[1])
local version = call('HGET', key(plan.number), 'version')
if plan.held and not is_held(plan.number, plan.held) then
    return 'lost'
elseif not version then
    return 'gone'
elseif tonumber(version) ~= plan.version then
    return 'changed'
end
apply(plan.number, plan)
return 'done'
