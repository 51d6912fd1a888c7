-- Ends the sessions of a user. ARGV: the user, the ID of the one that stays or nothing. Answers
-- the IDs of those that ended.
local ended = {}
for _, id in ipairs(redis.call('ZRANGE', sessions_key(ARGV[2]), 0, -1)) do
    if id ~= ARGV[3] and end_session(id) == 1 then table.insert(ended, id) end
end
return ended
