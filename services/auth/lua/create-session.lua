#!lua
-- Begins a session that has a refresh token. Returns the epoch, and whether the user was changed recently.
-- The script has no flags: Redis refuses it at `maxmemory`, so that a new session cannot cost an old one its
-- memory.
-- @include lib/begin-session
-- @include lib/epoch
-- @include lib/changes
begin_session(user_id, user_scopes, client_id, address, user_agent)
make_room(user_id, MAX_SESSIONS_OF_USER - 1)
extend(sid, user_id, now + math.min(IDLE_LIMIT_MS, ABSOLUTE_LIMIT_MS), now, 'family', family, 'nonce', nonce)
return { 'epoch', epoch(new_epoch), 'is_user_changed', is_changed() }
