-- A new one-time token. ARGV: its hash, its user, its purpose, how many that user may have of it, how
-- many milliseconds it lasts, negative if for ever, then its fields and values.
local all = prefix .. 'one_time_of:' .. ARGV[4] .. ':' .. ARGV[3]
while redis.call('LLEN', all) >= tonumber(ARGV[5]) do
    redis.call('DEL', prefix .. 'one_time:' .. redis.call('LPOP', all))
end
local token, is_first = prefix .. 'one_time:' .. ARGV[2], redis.call('EXISTS', all) == 0
redis.call('HSET', token, unpack(ARGV, 7))
redis.call('RPUSH', all, ARGV[2])
last_at_least(token, tonumber(ARGV[6]), true)
last_at_least(all, tonumber(ARGV[6]), is_first)
