#!lua flags=allow-oom
-- Ends the session KEYS[1]; with a field of it in ARGV[4], only if that has the value ARGV[5]; with the jti of an access
-- token in ARGV[6], only if that token was not revoked alone. Returns the user's id, or nothing if no session was ended.
-- @include lib/sessions
local sid, field, value, jti = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if field ~= '' and redis.call('HGET', KEYS[1], field) ~= value then return false end
if jti ~= '' and redis.call('EXISTS', '{auth}:revoked:' .. jti) == 1 then return false end
return end_session(sid)
