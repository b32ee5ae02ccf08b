#!lua
-- Begins a session that has only an authorization code, and no tokens yet. If the user's sessions are ended
-- meanwhile, this one is ended too, and the code with it. Returns whether the user was changed recently; or how
-- long to wait, if the user has signed in too often.
-- @include lib/sign-in-budget
-- @include lib/begin-session
-- @include lib/changes
local wait_ms = spend_sign_in(user_id)
if wait_ms then return { 'retry_after_ms', wait_ms } end
begin_session(user_id, user_scopes, client_id, address, user_agent)
-- it is ended before any session that has tokens, and no session in use is ended for it
make_room(user_id, MAX_SESSIONS_OF_USER - 1, nil, now - IDLE_LIMIT_MS)
-- it leaves the index when the code expires, and Redis too: no token of it has to be revoked
local expires_at = now + CODE_LIFETIME_MS
extend(sid, user_id, expires_at, expires_at - IDLE_LIMIT_MS - RETENTION_MS, 'scope', scope, 'code', code,
  'redirect_uri', redirect_uri, 'code_challenge', code_challenge, 'registration', registration)
if code_jkt ~= '' then redis.call('HSET', session_key, 'code_jkt', code_jkt) end
redis.call('PEXPIREAT', session_key, expires_at)
return { 'is_user_changed', is_changed() }
