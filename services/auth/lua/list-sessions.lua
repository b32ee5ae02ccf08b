#!lua flags=no-writes
-- Lists the sessions in a user's index, the last used first. Sessions that have no tokens yet are not listed.
-- @include lib/sessions
-- @include lib/hash
local sessions = {}
for _, sid in ipairs(redis.call('ZREVRANGE', index_key, 0, -1)) do
  local session = read_hash(session_of(sid), 'created_at', 'used_at', 'address', 'user_agent', 'client_id',
    'expires_at', 'family', 'jkt')
  if session.family and now < tonumber(session.expires_at) then
    table.insert(sessions, {
      'sid', sid,
      'client_id', session.client_id,
      'created_at', session.created_at,
      'used_at', session.used_at,
      'address', session.address,
      'user_agent', session.user_agent,
      'is_bound', session.jkt and 1 or 0,
    })
  end
end
return sessions
