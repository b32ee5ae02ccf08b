-- Every new session begins like this.
-- @include lib/sessions
-- @include lib/make-room
-- @include lib/extend
local sid, user_id, client_id, address, user_agent = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local idle_ms, absolute_ms, max_sessions = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

redis.call('ZREMRANGEBYSCORE', index_of(user_id), '-inf', now - idle_ms - KEEP_MS)
redis.call('HSET', KEYS[1], 'user_id', user_id, 'client_id', client_id, 'generation', 0, 'created_at', now,
  'used_at', now, 'absolute_expires_at', now + absolute_ms, 'address', address, 'user_agent', user_agent)
