-- A budget holds `most` units, and one unit comes back in each interval (a leaky bucket). The time when the
-- budget will be full again is its whole state.
--
-- Takes one unit. Returns the new time when the budget will be full; or nil, and how long to wait for the
-- next unit.
-- @include lib/deadline
local function spend(full_at, most, interval_ms)
  local next_full_at = math.max(now, tonumber(full_at or 0)) + interval_ms
  local wait_ms = next_full_at - now - most * interval_ms
  if wait_ms > 0 then return nil, wait_ms end
  return next_full_at
end
