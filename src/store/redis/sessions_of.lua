-- The sessions of a user. ARGV: the user.
local user = prefix .. 'user:' .. ARGV[2]
local sessions = {}
for _, id in ipairs(redis.call('SMEMBERS', user)) do
    local fields = redis.call('HGETALL', prefix .. 'session:' .. id)
    local session, unused = {}, false
    for at = 1, #fields, 2 do
        if string.sub(fields[at], 1, 6) ~= 'token:' then
            session[fields[at]] = fields[at + 1]
        elseif string.sub(fields[at + 1], 1, 1) == '0' then
            unused = fields[at + 1]
        end
    end
    if unused then
        table.insert(sessions, {id, unused, session.user_id, session.client_id, session.scope,
            session.device, session.created_at, session.expires_at})
    else
        -- Redis has expired it, and knows nothing of this list.
        redis.call('SREM', user, id)
    end
end
return sessions
