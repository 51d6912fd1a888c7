-- Ends a session. ARGV: the ID, and the user whose it must be, if anybody's. Answers whether there was
-- one.
if ARGV[3] and redis.call('HGET', session_key(ARGV[2]), 'user_id') ~= ARGV[3] then return 0 end
return end_session(ARGV[2])
