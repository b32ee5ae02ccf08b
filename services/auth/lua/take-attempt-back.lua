#!lua flags=allow-oom
-- Removes an attempt that was no failure from both windows. When the last attempt of a window goes, the note
-- that a refusal was reported goes too: otherwise attempts for names without end, of which none fails, would
-- leave as many keys. Memory only becomes less, so the script may run at `maxmemory`.
-- @include lib/deadline
for _, key in ipairs({ account_key, network_key }) do
  redis.call('ZREM', key, 'u' .. attempt)
  if redis.call('EXISTS', key) == 0 then redis.call('DEL', key .. ':refused') end
end
return false
