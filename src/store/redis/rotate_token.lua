-- Exchanges a token. ARGV: the selector, that of the successor, the successor. Answers 0 unknown,
-- 1 rotated, 2 reused.
local id = redis.call('GET', prefix .. 'token:' .. ARGV[2])
if not id then return 0 end
local session = prefix .. 'session:' .. id
local token = redis.call('HGET', session, 'token:' .. ARGV[2])
if not token then return 0 end
if string.sub(token, 1, 1) == '1' then
    end_session(id)
    return 2
end
redis.call('HSET', session, 'token:' .. ARGV[2], '1' .. string.sub(token, 2),
    'token:' .. ARGV[3], ARGV[4])
redis.call('SET', prefix .. 'token:' .. ARGV[3], id)
last_at_least(prefix .. 'token:' .. ARGV[3], redis.call('PTTL', session), true)
return 1
