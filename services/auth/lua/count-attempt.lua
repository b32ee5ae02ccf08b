#!lua
-- Counts an attempt in all windows KEYS, or in none if one of them holds as many as its limit.
--
-- {auth}:sign-in-attempts:<of>           sorted set of attempts by time: a window. A member is 'u…' while the attempt is
--                                        under way, and 'f…' when it has failed
-- {auth}:sign-in-attempts:<of>:refused   when a refusal was last reported; only as long as the window has attempts
--
-- A refused attempt is not in the window. So the window is never larger than its limit, and empties although an attacker
-- keeps trying. The limit of a network bounds the keys that the network leaves: its own, one for each of its attempts, and
-- beside each of them, for ten minutes, one that says that a refusal was reported.
--
-- Returns nothing; or, of the last full window, its index, how long until all windows have room, and whether it is the first
-- refusal for as long as a window lasts. If failures alone do not fill the window, there may be room in a moment.
-- @include lib/deadline
local attempt, window_ms = ARGV[3], tonumber(ARGV[4])

local function is_full_of_failures(key, limit)
  local failures = 0
  for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if member:sub(1, 1) == 'f' then failures = failures + 1 end
  end
  return failures >= limit
end

local full, room_at
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window_ms)
  local limit = tonumber(ARGV[4 + i])
  if redis.call('ZCARD', key) >= limit then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    local at = is_full_of_failures(key, limit) and oldest + window_ms or now + PENDING_RETRY_MS
    full, room_at = i, math.max(room_at or 0, at)
  end
end

if full then
  local refused = KEYS[full] .. ':refused'
  local first = redis.call('GET', refused)
  local is_first = not first or now >= first + window_ms
  if is_first then redis.call('SET', refused, now, 'PX', window_ms) end
  return {full, room_at - now, is_first and 1 or 0}
end

for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, 'u' .. attempt)
  redis.call('PEXPIRE', key, window_ms)
end
return false
