#!lua
-- Begins a session that has a refresh token. Returns the epoch, and whether the user was changed recently; or
-- how long to wait, if the user has signed in too often.
-- The script has no flags: Redis refuses it at `maxmemory`, so that a new session cannot cost an old one its
-- memory.
-- @include lib/sign-in-budget
-- @include lib/begin-session
-- @include lib/epoch
-- @include lib/changes
local wait_ms = spend_sign_in(user_id)
if wait_ms then return { 'retry_after_ms', wait_ms } end
begin_session(user_id, user_scopes, client_id, address, user_agent)
make_room(user_id, MAX_SESSIONS_OF_USER - 1)
extend(sid, user_id, now + math.min(IDLE_LIMIT_MS, ABSOLUTE_LIMIT_MS), now, 'family', family, 'nonce', nonce)
if jkt ~= '' then redis.call('HSET', session_key, 'jkt', jkt) end
return { 'epoch', epoch(new_epoch), 'is_user_changed', is_changed() }
