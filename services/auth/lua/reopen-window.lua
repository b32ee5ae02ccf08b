#!lua flags=allow-oom
-- Begins the replay window again, if the newest token of the session KEYS[1] has the nonce ARGV[1]. The script has no
-- deadline: the later it runs, the nearer it is to the retry that needs the window.
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'used_at', time[1] * 1000 + math.floor(time[2] / 1000))
return 1
