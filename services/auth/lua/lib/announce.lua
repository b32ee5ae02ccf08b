-- {auth}:revocations   stream that every resource server reads. An entry is a kind, an id, and until when
--                      (unix seconds) it matters. The kinds are sid (a session), jti (one access token),
--                      kid (a signing key), nonce (for proofs) and epoch (see
--                      lib/epoch)
--
-- The stream keeps an entry as long as an access token can live.
-- @include lib/deadline
local function announce(kind, id, until_ms)
  redis.call('XADD', REVOCATIONS_STREAM, 'MINID', '~', string.format('%.0f', clock - RETENTION_MS), '*',
    kind, id, 'until', string.format('%.0f', math.ceil((until_ms or clock + RETENTION_MS) / 1000)))
end
