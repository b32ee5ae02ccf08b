#!lua flags=allow-oom
-- Ends all sessions of the user whose index is KEYS[1]. Returns how many were ended.
-- @include lib/sessions
local ended = 0
for _, sid in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if end_session(sid) then ended = ended + 1 end
end
redis.call('DEL', KEYS[1])
return ended
