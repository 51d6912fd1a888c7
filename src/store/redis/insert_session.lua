-- A new session with its token. ARGV: the ID, the user, how many sessions may be there at most, a second
-- that is past by every node's clock, for how many milliseconds the token lasts, negative if endless, the second at which it
-- ends, then the fields and values. Answers the IDs of the sessions that had to go.
local id, user_id, most, past = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local session, sessions = session_key(id), sessions_key(user_id)
if redis.call('EXISTS', session) == 1 then
    return redis.error_reply('ERR the ID of the session exists already')
end
-- The first write, since it is the one that Redis refuses when memory is short.
redis.call('HSET', session, unpack(ARGV, 8))
-- Redis expires sessions, and knows nothing of this list.
redis.call('ZREMRANGEBYSCORE', sessions, '-inf', past)
local ended = {}
if redis.call('ZCARD', sessions) >= most then
    local others = {}
    for _, other in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
        local used = redis.call('HGET', session_key(other), 'last_used_at')
        if used then
            table.insert(others, {other, tonumber(used)})
        else
            redis.call('ZREM', sessions, other)
        end
    end
    table.sort(others, function(one, other)
        if one[2] ~= other[2] then return one[2] > other[2] end
        return one[1] < other[1]
    end)
    for at = most, #others do
        end_session(others[at][1])
        table.insert(ended, others[at][1])
    end
end
local is_first = redis.call('EXISTS', sessions) == 0
redis.call('ZADD', sessions, ARGV[7], id)
last(session, tonumber(ARGV[6]))
last_at_least(sessions, tonumber(ARGV[6]), is_first)
return ended
