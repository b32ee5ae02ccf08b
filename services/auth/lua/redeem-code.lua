#!lua flags=allow-oom
-- Consumes an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6). The outcomes:
--
-- redeemed   the session has its first refresh token
-- reuse      the code was redeemed before, in the last minutes: two parties have it. The script ends the
--            session (RFC 6749 §4.1.2), and returns the address of its last use
-- refused    the client, the redirect URI, the code verifier or the key is not the authorized one. The session
--            remembers that, so only the first such request has this outcome; it returns the address of the
--            sign-in
-- unknown    there is no such code, or no longer: nothing is changed
--
-- Memory stays nearly the same, so the script may run at `maxmemory`: the reuse of a code must end its
-- session then too.
-- @include lib/sessions
-- @include lib/make-room
-- @include lib/extend
-- @include lib/epoch
-- @include lib/hash
local session = read_hash(session_key, 'user_id', 'client_id', 'code', 'redirect_uri', 'code_challenge',
  'code_jkt', 'family', 'created_at', 'expires_at', 'absolute_expires_at', 'address')
if not session.user_id or session.code ~= code or now >= tonumber(session.expires_at) then
  return { 'outcome', 'unknown' }
end
local is_own = session.client_id == client_id
if session.family and is_own then
  if now - session.created_at >= CODE_REMEMBERED_MS then return { 'outcome', 'unknown' } end
  end_session(sid)
  return { 'outcome', 'reuse', 'address', session.address }
end
if not is_own or session.redirect_uri ~= redirect_uri or session.code_challenge ~= code_challenge
  or (session.code_jkt and session.code_jkt ~= jkt) then
  if redis.call('HSETNX', session_key, 'refused', '') == 0 then return { 'outcome', 'unknown' } end
  return { 'outcome', 'refused', 'address', session.address }
end

redis.call('HDEL', session_key, 'redirect_uri', 'code_challenge', 'code_jkt')
if session_jkt ~= '' then redis.call('HSET', session_key, 'jkt', session_jkt) end
-- a session that will not be refreshed is ended first to make room, and leaves the index soon
local expires_at = math.min(now + lifetime_ms, tonumber(session.absolute_expires_at))
extend(sid, session.user_id, expires_at, now + lifetime_ms - IDLE_LIMIT_MS,
  'family', family, 'nonce', nonce, 'used_at', now)
make_room(session.user_id, MAX_SESSIONS_OF_USER, sid)
return { 'outcome', 'redeemed', 'epoch', epoch(new_epoch) }
