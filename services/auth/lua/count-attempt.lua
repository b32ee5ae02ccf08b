#!lua
-- Counts an attempt in both windows, or in none if one of them holds as many as its limit.
--
-- {auth}:sign-in-attempts:<of>           sorted set of attempts by time: a window. A member is 'u…' while the
--                                        attempt is under way, and 'f…' when it has failed
-- {auth}:sign-in-attempts:<of>:refused   when a refusal was last reported; only as long as the window has
--                                        attempts
--
-- A refused attempt is not in the window. So the window is never larger than its limit, and empties although
-- an attacker keeps trying. The limit of a network bounds the keys that the network leaves: its own, one for
-- each of its attempts, and beside each of them, for ten minutes, one that says that a refusal was reported.
--
-- Returns nothing; or the name of the last full window, how long until all windows have room, and whether it
-- is the first refusal for as long as a window lasts. If failures alone do not fill the window, there may be
-- room in a moment.
-- @include lib/deadline
local windows = {
  { limit = 'account', key = account_key, max = MAX_FOR_ACCOUNT_AND_NETWORK },
  { limit = 'network', key = network_key, max = MAX_FOR_NETWORK },
}

local function is_full_of_failures(window)
  local failures = 0
  for _, member in ipairs(redis.call('ZRANGE', window.key, 0, -1)) do
    if member:sub(1, 1) == 'f' then failures = failures + 1 end
  end
  return failures >= window.max
end

local full, room_at
for _, window in ipairs(windows) do
  redis.call('ZREMRANGEBYSCORE', window.key, '-inf', now - WINDOW_MS)
  if redis.call('ZCARD', window.key) >= window.max then
    local oldest = redis.call('ZRANGE', window.key, 0, 0, 'WITHSCORES')[2]
    local at = is_full_of_failures(window) and oldest + WINDOW_MS or now + PENDING_RETRY_MS
    full, room_at = window, math.max(room_at or 0, at)
  end
end

if full then
  local refused_key = full.key .. ':refused'
  local first = redis.call('GET', refused_key)
  local is_first = not first or now >= first + WINDOW_MS
  if is_first then redis.call('SET', refused_key, now, 'PX', WINDOW_MS) end
  return { 'limit', full.limit, 'retry_after_ms', room_at - now, 'is_first', is_first and 1 or 0 }
end

for _, window in ipairs(windows) do
  redis.call('ZADD', window.key, now, 'u' .. attempt)
  redis.call('PEXPIRE', window.key, WINDOW_MS)
end
return false
