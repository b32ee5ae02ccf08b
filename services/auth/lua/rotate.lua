#!lua flags=allow-oom
-- Consumes a refresh token. The outcomes:
--
-- rotated    the token was the newest. Its successor, which the caller derived from the seed, is the newest now
-- repeated   the token is the one before the newest, and was consumed within the window: the client lost the
--            answer, or two tabs had the token. Returns the seed of the successor, the generation of the
--            token, the address of that rotation, and whether to report the repeat: it came from
--            another address, the last reported repeat came from elsewhere, and the session has a budget
--            left. The budget is needed because two addresses could take turns, and each rotation forgets the
--            last reported address
-- reuse      the token was consumed before that: another party holds the session too. The script ends the
--            session, and returns the address of its last use
-- undecided  the window of the token was open when an outage of Redis began, `outage_ms` ago, that lasts or
--            has just ended. Another process may know that the answer to this rotation was lost, and is about
--            to reopen the window. So the session does not end; scopes that were read are stored all the same
-- without_key  the session is bound to a key, and the request has no proof of it. Nothing of the session is
--            changed: a thief without the key must not be able to end it by a refresh. Returns the address of the last use,
--            and whether to report this one: it came from another address than the last reported one, and the
--            session has a budget left
-- unknown    there is no such session, or the client or the family secret is wrong: nothing is changed
-- excessive  the requested scope has more than can be granted: the token is not consumed
-- unread     the session does not have the scopes of the user. The caller reads them and runs the script
--            again, with the count that this outcome returned: nothing is changed
--
-- The other outcomes return the user's id, and the scope for the access token with the tokens.
--
-- Memory stays nearly the same, so the script may run at `maxmemory`.
-- @include lib/sessions
-- @include lib/extend
-- @include lib/budget
-- @include lib/epoch
-- @include lib/scopes
-- @include lib/hash
local session = read_hash(session_key, 'user_id', 'client_id', 'registration', 'scope', 'user_scopes',
  'scopes_forgotten', 'family', 'nonce', 'previous', 'successor', 'generation', 'used_at', 'expires_at',
  'absolute_expires_at', 'address', 'repeated_from', 'repeats_free_at', 'jkt', 'bound_later', 'keyless_from',
  'keyless_free_at')
if not session.user_id or session.client_id ~= client_id or session.family ~= family then
  return { 'outcome', 'unknown' }
end
-- a client that was removed and added again does not inherit the sessions of its old registration
if session.registration and session.registration ~= registration then return { 'outcome', 'unknown' } end
if now >= tonumber(session.expires_at) then return { 'outcome', 'unknown' } end

if session.jkt and session.jkt ~= jkt then
  -- the thief of an unbound token may have bound the session to a key of his own. The user then has a consumed
  -- token and not that key, and must end the session as if it were unbound
  if session.bound_later and session.nonce ~= nonce then
    end_session(sid)
    return { 'outcome', 'reuse', 'user_id', session.user_id, 'address', session.address }
  end
  local full_at = address ~= session.keyless_from
    and spend(session.keyless_free_at, MAX_REPORTED_REPEATS, REPORTED_REPEAT_INTERVAL_MS)
  if full_at then redis.call('HSET', session_key, 'keyless_from', address, 'keyless_free_at', full_at) end
  return {
    'outcome', 'without_key',
    'user_id', session.user_id,
    'address', session.address,
    'is_reported', full_at and 1 or 0,
  }
end

if not session.user_scopes then
  local forgotten = session.scopes_forgotten or '0'
  if scopes_forgotten ~= forgotten then
    return { 'outcome', 'unread', 'user_id', session.user_id, 'scopes_forgotten', forgotten }
  end
  redis.call('HSET', session_key, 'user_scopes', read_scopes)
  session.user_scopes = read_scopes
end
local scope = intersection(session.user_scopes, client_scopes, session.scope or ANY_SCOPE, requested_scope)
if requested_scope ~= ANY_SCOPE and intersection(requested_scope, scope) ~= requested_scope then
  return { 'outcome', 'excessive' }
end

if session.nonce == nonce then
  extend(sid, session.user_id, math.min(now + IDLE_LIMIT_MS, tonumber(session.absolute_expires_at)), now,
    'nonce', new_nonce, 'previous', nonce, 'successor', seed, 'generation', session.generation + 1,
    'used_at', now, 'address', address, 'user_agent', user_agent, 'repeated_from', '')
  if jkt ~= '' and not session.jkt then redis.call('HSET', session_key, 'jkt', jkt, 'bound_later', '') end
  return { 'outcome', 'rotated', 'user_id', session.user_id, 'scope', scope, 'epoch', epoch(new_epoch) }
end
-- the distance, because Redis' clock may have been set back
if session.previous == nonce and math.abs(now - session.used_at) < window_ms then
  local is_new = address ~= session.address and address ~= session.repeated_from
  local full_at = is_new
    and spend(session.repeats_free_at, MAX_REPORTED_REPEATS, REPORTED_REPEAT_INTERVAL_MS)
  if full_at then redis.call('HSET', session_key, 'repeated_from', address, 'repeats_free_at', full_at) end
  return {
    'outcome', 'repeated',
    'user_id', session.user_id,
    'scope', scope,
    'epoch', epoch(new_epoch),
    'successor', session.successor,
    'generation', session.generation - 1,
    'address', session.address,
    'is_elsewhere', full_at and 1 or 0,
  }
end
if session.previous == nonce and window_ms > 0 and math.abs(now - session.used_at) < window_ms + outage_ms then
  return { 'outcome', 'undecided' }
end
end_session(sid)
return { 'outcome', 'reuse', 'user_id', session.user_id, 'address', session.address }
