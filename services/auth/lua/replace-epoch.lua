#!lua flags=allow-oom
-- Gives the data of this Redis another name, and announces it: access tokens with the old name are refused.
-- @include lib/announce
redis.call('SET', EPOCH_KEY, new_epoch)
announce('epoch', new_epoch)
