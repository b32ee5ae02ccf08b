#!lua flags=allow-oom
-- Revokes one access token, which expires at `exp` (unix seconds). `sid` is empty if it has no session. The
-- outcomes:
--
-- revoked   resource servers refuse the token from now on, and nothing else
-- known     the token was revoked before, or its session has ended
-- ended     the budget is used up: the script ended the token's session, which takes one entry for all its
--           tokens
-- refused   the budget is used up, and the token has no session: nothing is changed. Returns how long to wait
--
-- Each revocation takes a key and an entry of the stream, and the holder of a refresh token can have any
-- number of access tokens. So each holder has a budget: a client for a user, in all sessions together, or a
-- client that acts for itself.
--
-- {auth}:revoked:<jti>               a token that was revoked alone, until it expires
-- {auth}:revocations-by:<holder>     the time when the holder's budget is full again
-- @include lib/sessions
-- @include lib/budget
local expires_at = exp * 1000
local budget_key = '{auth}:revocations-by:' .. holder

if redis.call('EXISTS', revoked_key) == 1 then return { 'outcome', 'known' } end
if sid ~= '' and redis.call('EXISTS', session_of(sid)) == 0 then return { 'outcome', 'known' } end
local full_at, wait_ms = spend(redis.call('GET', budget_key), budget, interval_ms)
if not full_at then
  if sid == '' then return { 'outcome', 'refused', 'retry_after_ms', wait_ms } end
  end_session(sid)
  return { 'outcome', 'ended' }
end
redis.call('SET', budget_key, full_at, 'PX', full_at - now)
redis.call('SET', revoked_key, '', 'PXAT', math.max(expires_at, clock + 1))
announce('jti', jti, expires_at)
return { 'outcome', 'revoked' }
