#!lua flags=allow-oom
-- Forgets the scopes of a user in all sessions of the user's index: the next refresh of each reads them from
-- PostgreSQL. The count makes every reading from before invalid, also for a session that had no scopes yet.
-- Memory stays nearly the same.
-- @include lib/sessions
-- @include lib/changes
for _, sid in ipairs(redis.call('ZRANGE', index_key, 0, -1)) do
  local key = session_of(sid)
  if redis.call('EXISTS', key) == 1 then
    redis.call('HDEL', key, 'user_scopes')
    redis.call('HINCRBY', key, 'scopes_forgotten', 1)
  end
end
note_change()
return true
