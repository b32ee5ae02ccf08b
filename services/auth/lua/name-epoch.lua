#!lua flags=allow-oom
-- Returns the name of this Redis' data, and gives them one if they have none.
-- @include lib/epoch
return epoch(new_epoch)
