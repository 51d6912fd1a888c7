-- What the scripts share. ARGV[1] is the prefix of all keys.
local prefix = ARGV[1]

-- Ends a session with its tokens, and says whether there was one.
local function end_session(id)
    local session = prefix .. 'session:' .. id
    local user_id = redis.call('HGET', session, 'user_id')
    if user_id then redis.call('SREM', prefix .. 'user:' .. user_id, id) end
    for _, field in ipairs(redis.call('HKEYS', session)) do
        if string.sub(field, 1, 6) == 'token:' then
            redis.call('DEL', prefix .. 'token:' .. string.sub(field, 7))
        end
    end
    return redis.call('DEL', session)
end

-- A key lasts at least so many milliseconds more; negative ones are endless.
local function last_at_least(key, milliseconds, is_new)
    local left = redis.call('PTTL', key)
    if milliseconds < 0 then
        redis.call('PERSIST', key)
    elseif is_new or (left >= 0 and left < milliseconds) then
        redis.call('PEXPIRE', key, milliseconds)
    end
end
