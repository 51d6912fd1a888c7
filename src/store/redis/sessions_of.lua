-- The sessions of a user. ARGV: the user.
local sessions = {}
for _, id in ipairs(redis.call('ZRANGE', sessions_key(ARGV[2]), 0, -1)) do
    local session = find_session(id)
    if session then table.insert(sessions, session) end
end
return sessions
