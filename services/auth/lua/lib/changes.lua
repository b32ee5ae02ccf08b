-- {auth}:user:<id>:changed   exists for an hour after a change of the user that ends or changes sessions. The change
--                            may not be committed yet, so a sign-in reads the user again
local function note_change()
  redis.call('SET', changed_key, '', 'PX', CHANGE_REMEMBERED_MS)
end

-- Returns 1 or 0.
local function is_changed()
  return redis.call('EXISTS', changed_key)
end
