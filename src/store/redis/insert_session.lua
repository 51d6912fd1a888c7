-- A new session with its first token. ARGV: the ID, the user, the selector, how many milliseconds it
-- lasts, negative if endless, then the fields and values of the session.
local id, user_id, selector, lifetime = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local session, token, user =
    prefix .. 'session:' .. id, prefix .. 'token:' .. selector, prefix .. 'user:' .. user_id
local is_first = redis.call('EXISTS', user) == 0
redis.call('HSET', session, unpack(ARGV, 6))
redis.call('SET', token, id)
redis.call('SADD', user, id)
last_at_least(session, lifetime, true)
last_at_least(token, lifetime, true)
last_at_least(user, lifetime, is_first)
