-- {auth}:epoch   the name of this Redis' data; it is lost with the data
--
-- The first script that writes after Redis lost its data gives the new data a name, and announces it:
-- resource servers learn that the revocations before are lost.
-- @include lib/announce
local function epoch(new_epoch)
  local current = redis.call('GET', EPOCH_KEY)
  if current then return current end
  redis.call('SET', EPOCH_KEY, new_epoch)
  announce('epoch', new_epoch)
  return new_epoch
end
