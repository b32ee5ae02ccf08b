#!lua flags=allow-oom
-- Revokes the one access token with the jti ARGV[3], which expires at ARGV[4] (unix seconds). The outcomes:
--
-- revoked   resource servers refuse the token from now on, and nothing else
-- known     the token was revoked before, or its session has ended
-- ended     the budget is used up: the script ended the token's session, which takes one entry for all its tokens
-- refused   the budget is used up, and the token has no session: nothing is changed. Returns how long to wait
--
-- Each revocation takes a key and an entry of the stream, and the holder of a refresh token can have any number of access
-- tokens. So each holder has a budget: a client for a user, in all sessions together, or a client that acts for itself.
--
-- {auth}:revoked:<jti>               a token that was revoked alone, until it expires
-- {auth}:revocations-by:<holder>     the time when the holder's budget is full again
-- @include lib/sessions
-- @include lib/budget
local jti, expires_at, holder, sid = ARGV[3], ARGV[4] * 1000, ARGV[5], ARGV[6]
local most, interval_ms = tonumber(ARGV[7]), tonumber(ARGV[8])
local budget = '{auth}:revocations-by:' .. holder

if redis.call('EXISTS', KEYS[1]) == 1 then return {'known'} end
if sid ~= '' and redis.call('EXISTS', session_of(sid)) == 0 then return {'known'} end
local full_at, wait_ms = spend(redis.call('GET', budget), most, interval_ms)
if not full_at then
  if sid == '' then return {'refused', wait_ms} end
  end_session(sid)
  return {'ended'}
end
redis.call('SET', budget, full_at, 'PX', full_at - now)
redis.call('SET', KEYS[1], '', 'PXAT', math.max(expires_at, clock + 1))
announce('jti', jti, expires_at)
return {'revoked'}
