-- Reads fields of a hash into a table, by their names. A field that is absent is false. To use a field that
-- was not read is an error: a misspelled name must not compare as absent.
local unread = { __index = function(_, field) error('the field ' .. field .. ' was not read') end }
local function read_hash(key, ...)
  local fields, values, hash = {...}, redis.call('HMGET', key, ...), {}
  for i = 1, #fields do hash[fields[i]] = values[i] end
  return setmetatable(hash, unread)
end
