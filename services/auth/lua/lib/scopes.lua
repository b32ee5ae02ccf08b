-- A scope is a text with a space between the names (RFC 6749 §3.3). ANY_SCOPE contains every name.
local function contains(scope, name)
  return scope == ANY_SCOPE or string.find(' ' .. scope .. ' ', ' ' .. name .. ' ', 1, true) ~= nil
end

-- Returns the names in `scope` that all the other scopes contain.
local function intersection(scope, ...)
  local common = {}
  for name in string.gmatch(scope, '%S+') do
    local is_common = true
    for _, other in ipairs({...}) do is_common = is_common and contains(other, name) end
    if is_common then table.insert(common, name) end
  end
  return table.concat(common, ' ')
end
