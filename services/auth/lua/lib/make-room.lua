-- Ends sessions of the user until at most `most` are left, the longest unused first. `spared` is a sid that
-- stays. With `since`, only sessions that were last used before that time are ended.
-- @include lib/sessions
local function make_room(user_id, most, spared, since)
  local excess = redis.call('ZCARD', index_of(user_id)) - most
  if excess <= 0 then return end
  for _, sid in ipairs(redis.call('ZRANGEBYSCORE', index_of(user_id), '-inf', since or '+inf',
    'LIMIT', 0, excess + 1)) do
    if sid ~= spared and excess > 0 then
      if not end_session(sid) then redis.call('ZREM', index_of(user_id), sid) end
      excess = excess - 1
    end
  end
end
