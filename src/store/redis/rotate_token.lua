-- Puts another token in the place of a session's own. ARGV: the ID, the hash of the old one, for how many
-- milliseconds the new one lasts, negative if endless, the second at which it ends, then the fields
-- and values that change. Answers whether the old one was there.
local session = session_key(ARGV[2])
local current = redis.call('HMGET', session, 'secret_hash', 'user_id')
if current[1] ~= ARGV[3] then return 0 end
local sessions = sessions_key(current[2])
local is_first = redis.call('EXISTS', sessions) == 0
redis.call('HSET', session, unpack(ARGV, 6))
redis.call('ZADD', sessions, ARGV[5], ARGV[2])
last(session, tonumber(ARGV[4]))
last_at_least(sessions, tonumber(ARGV[4]), is_first)
return 1
