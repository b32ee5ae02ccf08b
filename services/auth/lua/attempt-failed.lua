#!lua flags=allow-oom
-- Marks an attempt in the windows KEYS as failed. It stays where it is in time.
-- @include lib/deadline
for _, key in ipairs(KEYS) do
  local at = redis.call('ZSCORE', key, 'u' .. ARGV[3])
  if at then
    -- in this order: a set that becomes empty is gone, and its expiry with it
    redis.call('ZADD', key, at, 'f' .. ARGV[3])
    redis.call('ZREM', key, 'u' .. ARGV[3])
  end
end
return false
