-- A token with its session. ARGV: the selector.
local id = redis.call('GET', prefix .. 'token:' .. ARGV[2])
if not id then return false end
local fields = redis.call('HMGET', prefix .. 'session:' .. id, 'token:' .. ARGV[2],
    'user_id', 'client_id', 'scope', 'device', 'created_at', 'expires_at')
-- Of two keys that end at once, Redis may expire one a moment earlier.
if not fields[1] or not fields[2] then return false end
return {id, unpack(fields)}
