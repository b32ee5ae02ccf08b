#!lua flags=allow-oom
-- Consumes an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6). The outcomes:
--
-- redeemed   the session has its first refresh token
-- reuse      the code was redeemed before, in the last minutes: two parties have it. The script ends the session
--            (RFC 6749 §4.1.2), and returns the address of its last use
-- refused    the client, the redirect URI or the code verifier is not the authorized one. The session remembers that, so
--            only the first such request has this outcome; it returns the address of the sign-in
-- unknown    there is no such code, or no longer: nothing is changed
--
-- Memory stays nearly the same, so the script may run at `maxmemory`: the reuse of a code must end its session then too.
-- @include lib/sessions
-- @include lib/make-room
-- @include lib/extend
-- @include lib/epoch
local sid, client_id, code, redirect_uri, code_challenge = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local family, nonce, lifetime_ms = ARGV[8], ARGV[9], tonumber(ARGV[10])
local idle_ms, max_sessions = tonumber(ARGV[11]), tonumber(ARGV[12])

local session = redis.call('HMGET', KEYS[1], 'user_id', 'client_id', 'code', 'redirect_uri', 'code_challenge',
  'family', 'created_at', 'expires_at', 'absolute_expires_at', 'address')
if not session[1] or session[3] ~= code or now >= tonumber(session[8]) then return {'unknown'} end
local is_own = session[2] == client_id
if session[6] and is_own then
  if now - session[7] >= CODE_REMEMBERED_MS then return {'unknown'} end
  end_session(sid)
  return {'reuse', session[10]}
end
if not is_own or session[4] ~= redirect_uri or session[5] ~= code_challenge then
  local is_first = redis.call('HSETNX', KEYS[1], 'refused', '') == 1
  return {is_first and 'refused' or 'unknown', session[10]}
end

redis.call('HDEL', KEYS[1], 'redirect_uri', 'code_challenge')
redis.call('HSET', KEYS[1], 'family', family, 'nonce', nonce, 'used_at', now)
-- a session that will not be refreshed is ended first to make room, and leaves the index soon
extend(sid, session[1], math.min(now + lifetime_ms, tonumber(session[9])), now + lifetime_ms - idle_ms)
make_room(session[1], max_sessions, sid)
return {'redeemed', epoch(ARGV[13])}
