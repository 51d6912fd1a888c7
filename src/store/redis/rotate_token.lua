-- Exchanges a token. KEYS: the token, its successor. ARGV: the prefixes of sessions and of tokens,
-- the selectors of both, the successor. Answers 0 unknown, 1 rotated, 2 reused.
local id = redis.call('GET', KEYS[1])
if not id then return 0 end
local session = ARGV[1] .. id
local token = redis.call('HGET', session, 'token:' .. ARGV[3])
if not token then return 0 end
if string.sub(token, 1, 1) == '1' then
    for _, field in ipairs(redis.call('HKEYS', session)) do
        if string.sub(field, 1, 6) == 'token:' then
            redis.call('DEL', ARGV[2] .. string.sub(field, 7))
        end
    end
    redis.call('DEL', session)
    return 2
end
redis.call('HSET', session, 'token:' .. ARGV[3], '1' .. string.sub(token, 2),
    'token:' .. ARGV[4], ARGV[5])
redis.call('SET', KEYS[2], id)
local left = redis.call('PTTL', session)
if left > 0 then redis.call('PEXPIRE', KEYS[2], left) end
return 1
