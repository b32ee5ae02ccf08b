#!lua flags=allow-oom
-- Ends all sessions in a user's index, and notes the change. Returns how many were ended.
-- @include lib/sessions
-- @include lib/changes
local ended = 0
for _, sid in ipairs(redis.call('ZRANGE', index_key, 0, -1)) do
  if end_session(sid) then ended = ended + 1 end
end
redis.call('DEL', index_key)
note_change()
return ended
