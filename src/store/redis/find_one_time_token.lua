-- The fields of a one-time token. ARGV: its hash.
local fields = redis.call('HMGET', prefix .. 'one_time:' .. ARGV[2], 'user_id', 'purpose',
    'payload', 'created_at', 'expires_at')
if not fields[1] then return false end
return fields
