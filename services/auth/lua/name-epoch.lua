#!lua flags=allow-oom
-- Returns the name of this Redis' data, and gives them one if they have none. KEYS[1] holds the name.
-- @include lib/epoch
return epoch(ARGV[3])
