-- Ends a session. KEYS: the session. ARGV: the prefix of tokens. Answers whether there was one.
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, 6) == 'token:' then
        redis.call('DEL', ARGV[1] .. string.sub(field, 7))
    end
end
return redis.call('DEL', KEYS[1])
