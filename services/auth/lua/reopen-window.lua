#!lua flags=allow-oom
-- Begins the replay window of a session again, if its newest token still has this nonce. The script has no
-- deadline: the later it runs, the nearer it is to the retry that needs the window.
if redis.call('HGET', session_key, 'nonce') ~= nonce then return 0 end
local time = redis.call('TIME')
redis.call('HSET', session_key, 'used_at', time[1] * 1000 + math.floor(time[2] / 1000))
return 1
