#!lua flags=allow-oom
-- Removes an attempt that was no failure from the windows KEYS. When the last attempt of a window goes, the note that a
-- refusal was reported goes too: otherwise attempts for names without end, of which none fails, would leave as many keys.
-- Memory only becomes less, so the script may run at `maxmemory`.
-- @include lib/deadline
for _, key in ipairs(KEYS) do
  redis.call('ZREM', key, 'u' .. ARGV[3])
  if redis.call('EXISTS', key) == 0 then redis.call('DEL', key .. ':refused') end
end
return false
