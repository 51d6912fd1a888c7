-- A new session with its first token. KEYS: the session, the token. ARGV: the ID, the seconds that
-- both last or nothing, then the fields and values of the session.
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[2] ~= '' then
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    redis.call('EXPIRE', KEYS[2], ARGV[2])
end
