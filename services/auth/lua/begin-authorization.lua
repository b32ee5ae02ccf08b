#!lua
-- Begins a session that has only an authorization code, and no tokens yet. If the user's sessions are ended meanwhile, this
-- one is ended too, and the code with it.
-- @include lib/begin-session
local scope, code, redirect_uri, code_challenge, code_ms = ARGV[11], ARGV[12], ARGV[13], ARGV[14], tonumber(ARGV[15])
local registration = ARGV[16]
redis.call('HSET', KEYS[1], 'scope', scope, 'code', code, 'redirect_uri', redirect_uri,
  'code_challenge', code_challenge, 'registration', registration)
-- it is ended before any session that has tokens, and no session in use is ended for it
make_room(user_id, max_sessions - 1, nil, now - idle_ms)
-- it leaves the index when the code expires, and Redis too: no token of it has to be revoked
extend(sid, user_id, now + code_ms, now + code_ms - idle_ms - KEEP_MS)
redis.call('PEXPIREAT', KEYS[1], now + code_ms)
return true
