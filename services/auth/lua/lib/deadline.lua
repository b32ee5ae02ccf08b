-- Refuses a script that Redis begins after its deadline (it was busy, or paused): the caller has answered 503
-- by then, and the script must change nothing. `deadline_ms` is a time on Redis' own clock. `now` is the time
-- that limits are measured by, and a test may move it.
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
if clock > deadline_ms then
  return redis.error_reply('LATE the caller has given up')
end
