-- Deletes the one-time tokens of a user for one purpose. ARGV: the user, the purpose. Answers how
-- many there were.
local all = prefix .. 'one_time_of:' .. ARGV[3] .. ':' .. ARGV[2]
local deleted = 0
for _, hash in ipairs(redis.call('LRANGE', all, 0, -1)) do
    deleted = deleted + redis.call('DEL', prefix .. 'one_time:' .. hash)
end
redis.call('DEL', all)
return deleted
