#!lua flags=allow-oom
-- Marks an attempt in both windows as failed. It stays where it is in time.
-- @include lib/deadline
for _, key in ipairs({ account_key, network_key }) do
  local at = redis.call('ZSCORE', key, 'u' .. attempt)
  if at then
    -- in this order: a set that becomes empty is gone, and its expiry with it
    redis.call('ZADD', key, at, 'f' .. attempt)
    redis.call('ZREM', key, 'u' .. attempt)
  end
end
return false
