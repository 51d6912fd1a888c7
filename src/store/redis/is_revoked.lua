-- Whether an access token is revoked. ARGV: its ID, its session and its subject, each after a `=` or
-- empty where it has none, and the second of its issue.
local function name(at) return string.sub(ARGV[at], 2) end
if ARGV[2] ~= '' and redis.call('EXISTS', prefix .. 'revoked:' .. name(2)) == 1 then return 1 end
if ARGV[3] ~= '' and redis.call('EXISTS', session_key(name(3))) == 0 then return 1 end
if ARGV[4] == '' then return 0 end
local not_before = redis.call('GET', prefix .. 'not_before:' .. name(4))
if not_before and tonumber(ARGV[5]) < tonumber(not_before) then return 1 end
return 0
