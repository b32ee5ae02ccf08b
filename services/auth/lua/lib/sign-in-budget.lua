-- Each sign-in leaves events that stay for months, so a user has a budget of them.
--
-- {auth}:sign-ins-of:<user>   the time when the user's budget is full again
-- @include lib/budget
--
-- Takes one sign-in of the user. Returns nothing; or how long to wait, if the budget is used up.
local function spend_sign_in(user_id)
  local key = '{auth}:sign-ins-of:' .. user_id
  local full_at, wait_ms = spend(redis.call('GET', key), MAX_SIGN_INS, SIGN_IN_INTERVAL_MS)
  if not full_at then return wait_ms end
  redis.call('SET', key, full_at, 'PX', full_at - now)
end
