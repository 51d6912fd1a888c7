-- A token with its session. KEYS: the token. ARGV: the prefix of sessions, the selector.
local id = redis.call('GET', KEYS[1])
if not id then return false end
local fields = redis.call('HMGET', ARGV[1] .. id, 'token:' .. ARGV[2],
    'user_id', 'client_id', 'scope', 'created_at', 'expires_at')
-- An ended session takes its tokens along; one that Redis has just expired does so a moment later.
for _, field in ipairs({1, 2, 3, 4, 5, 6}) do
    if not fields[field] then return false end
end
return {id, unpack(fields)}
