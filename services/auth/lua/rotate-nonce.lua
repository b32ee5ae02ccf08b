#!lua flags=allow-oom
-- Announces a new nonce for proofs of possession, if the newest is a minute old. Returns how many ms are left
-- until the next one is due.
--
-- {auth}:nonce   exists for a minute after a nonce was announced
-- @include lib/announce
local due_in_ms = redis.call('PTTL', nonce_key)
if due_in_ms > 0 then return due_in_ms end
redis.call('SET', nonce_key, '', 'PX', NONCE_INTERVAL_MS)
announce('nonce', new_nonce, clock + NONCE_LIFETIME_MS)
return NONCE_INTERVAL_MS
