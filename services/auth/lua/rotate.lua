#!lua flags=allow-oom
-- Consumes a refresh token. The outcomes:
--
-- rotated    the token was the newest. Its successor, which the caller made and sealed, is the newest now
-- repeated   the token is the one before the newest, and was consumed within the window: the client lost the answer, or two
--            tabs had the token. Returns the successor as it was sealed then, the generation it was sealed for, the
--            address of that rotation, and whether to report the repeat: it came from another address, the last reported
--            repeat came from elsewhere, and the session has a budget left. The budget is needed because two addresses
--            could take turns, and each rotation forgets the last reported address
-- reuse      the token was consumed before that: another party holds the session too. The script ends the session, and
--            returns the address of its last use
-- unknown    there is no such session, or the client or the family secret is wrong: nothing is changed
--
-- Memory stays the same, so the script may run at `maxmemory`.
-- @include lib/sessions
-- @include lib/extend
-- @include lib/budget
-- @include lib/epoch
local sid, client_id, family, nonce = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local successor, sealed_successor, address, user_agent = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local idle_ms, window_ms = tonumber(ARGV[11]), tonumber(ARGV[12])

local session = redis.call('HMGET', KEYS[1], 'user_id', 'client_id', 'family', 'nonce', 'previous', 'successor',
  'generation', 'used_at', 'expires_at', 'absolute_expires_at', 'address', 'repeated_from', 'repeats_free_at')
if not session[1] or session[2] ~= client_id or session[3] ~= family then return {'unknown'} end
if now >= tonumber(session[9]) then return {'unknown'} end

if session[4] == nonce then
  redis.call('HSET', KEYS[1], 'nonce', successor, 'previous', nonce, 'successor', sealed_successor,
    'generation', session[7] + 1, 'used_at', now, 'address', address, 'user_agent', user_agent,
    'repeated_from', '')
  extend(sid, session[1], math.min(now + idle_ms, tonumber(session[10])))
  return {'rotated', epoch(ARGV[13])}
end
-- the distance, because Redis' clock may have been set back
if session[5] == nonce and math.abs(now - session[8]) < window_ms then
  local is_new = address ~= session[11] and address ~= session[12]
  local free_at = is_new and spend(session[13], MAX_REPORTED_REPEATS, REPORTED_REPEAT_INTERVAL_MS)
  if free_at then redis.call('HSET', KEYS[1], 'repeated_from', address, 'repeats_free_at', free_at) end
  return {'repeated', epoch(ARGV[13]), session[6], session[7] - 1, session[11], free_at and 1 or 0}
end
end_session(sid)
return {'reuse', session[11]}
