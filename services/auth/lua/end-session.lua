#!lua flags=allow-oom
-- Ends a session if it is the user's (`user_id`), if its refresh tokens have the `family`, and if its access
-- token `jti` was not revoked alone. An empty argument is no condition. Returns the user's id, or nothing if
-- no session was ended.
-- @include lib/sessions
-- @include lib/hash
local session = read_hash(session_key, 'user_id', 'family')
if user_id ~= '' and session.user_id ~= user_id then return false end
if family ~= '' and session.family ~= family then return false end
if jti ~= '' and redis.call('EXISTS', '{auth}:revoked:' .. jti) == 1 then return false end
return end_session(sid)
