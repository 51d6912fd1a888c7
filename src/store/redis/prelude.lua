-- What the scripts share. ARGV[1] is the prefix of all keys.
local prefix = ARGV[1]

local function session_key(id) return prefix .. 'session:' .. id end
-- The IDs of a user's sessions, each with the second at which it ends.
local function sessions_key(user_id) return prefix .. 'sessions_of:' .. user_id end

-- A session with its token, or nothing.
local function find_session(id)
    local fields = redis.call('HMGET', session_key(id), 'user_id', 'client_id', 'scope', 'device',
        'created_at', 'last_used_at', 'expires_at', 'family_hash', 'secret_hash', 'salt',
        'token_expires_at')
    if not fields[1] then return false end
    return {id, unpack(fields)}
end

-- Ends a session, and says whether there was one.
local function end_session(id)
    local user_id = redis.call('HGET', session_key(id), 'user_id')
    if not user_id then return 0 end
    redis.call('ZREM', sessions_key(user_id), id)
    return redis.call('DEL', session_key(id))
end

-- A key lasts so many milliseconds more; negative ones are endless.
local function last(key, milliseconds)
    if milliseconds < 0 then
        redis.call('PERSIST', key)
    else
        redis.call('PEXPIRE', key, milliseconds)
    end
end

-- The same, unless it lasts longer already.
local function last_at_least(key, milliseconds, is_new)
    local left = redis.call('PTTL', key)
    if milliseconds < 0 or is_new or (left >= 0 and left < milliseconds) then
        last(key, milliseconds)
    end
end
