#!lua
-- Begins a session that has a refresh token, and returns the epoch. The script has no flags: Redis refuses it at
-- `maxmemory`, so that a new session cannot cost an old one its memory.
-- @include lib/begin-session
-- @include lib/epoch
local family, nonce = ARGV[11], ARGV[12]
redis.call('HSET', KEYS[1], 'family', family, 'nonce', nonce)
make_room(user_id, max_sessions - 1)
extend(sid, user_id, now + math.min(idle_ms, absolute_ms))
return epoch(ARGV[13])
