#!lua flags=allow-oom
-- Announces to every resource server that the signing keys ARGV[4] and following are refused until ARGV[3] (milliseconds
-- since 1970), all in one step. KEYS[1] is the stream.
-- @include lib/announce
for i = 4, #ARGV do announce('kid', ARGV[i], tonumber(ARGV[3])) end
