-- Swaps what a throttle counts. ARGV: the key, what is there now or nothing, what shall be there or
-- nothing, for how many milliseconds. Answers whether it did.
local key = prefix .. 'throttle:' .. ARGV[2]
if (redis.call('GET', key) or '') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then
    redis.call('DEL', key)
else
    redis.call('SET', key, ARGV[4], 'PX', ARGV[5])
end
return 1
