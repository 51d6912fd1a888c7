-- Revokes the older access tokens of a subject. ARGV: the subject, the second from which on they are
-- good, for how many milliseconds, negative if for ever.
local key = prefix .. 'not_before:' .. ARGV[2]
local old = redis.call('GET', key)
if not old or tonumber(old) < tonumber(ARGV[3]) then
    redis.call('SET', key, ARGV[3], 'KEEPTTL')
end
last_at_least(key, tonumber(ARGV[4]), not old)
