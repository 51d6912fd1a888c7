-- Revokes an access token. ARGV: its ID, for how many milliseconds, negative if for ever.
local key = prefix .. 'revoked:' .. ARGV[2]
local is_new = redis.call('EXISTS', key) == 0
if is_new then redis.call('SET', key, '') end
last_at_least(key, tonumber(ARGV[3]), is_new)
