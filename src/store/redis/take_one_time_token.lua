-- Deletes a one-time token and answers its fields. ARGV: its hash.
local token = prefix .. 'one_time:' .. ARGV[2]
local fields = redis.call('HMGET', token, 'user_id', 'purpose', 'payload', 'created_at',
    'expires_at')
if not fields[1] then return false end
redis.call('DEL', token)
redis.call('LREM', prefix .. 'one_time_of:' .. fields[2] .. ':' .. fields[1], 0, ARGV[2])
return fields
