#!lua flags=no-writes
-- Lists the sessions of the user whose index is KEYS[1], the last used first. Sessions that have no tokens yet are not
-- listed.
-- @include lib/sessions
local sessions = {}
for _, sid in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local session = redis.call('HMGET', session_of(sid), 'created_at', 'used_at', 'address', 'user_agent',
    'client_id', 'expires_at', 'family')
  if session[7] and now < tonumber(session[6]) then
    table.insert(sessions, {sid, session[1], session[2], session[3], session[4], session[5]})
  end
end
return sessions
