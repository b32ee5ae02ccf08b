#!lua flags=allow-oom
-- Announces to every resource server that these signing keys are refused until `until_ms` (since 1970), all
-- in one step.
-- @include lib/announce
for _, kid in ipairs(kids) do announce('kid', kid, until_ms) end
