import { ACCESS_TOKEN_LIFETIME_SECONDS } from '@pair/access-token';
import { DEADLINE } from '../redis/script.ts';

/** Repeats of a refresh token from elsewhere that a session may leave in the audit. */
const TOLD_REPEATS = { most: 3, intervalMs: 10 * 60_000 };
/** How long a code that was redeemed is known as such. */
const CODE_REMEMBERED_MS = 10 * 60_000;

/** Tells every verifier, in a script: the beginning of those that revoke. An entry is kept as long as a token can live. */
export const ANNOUNCE = `${DEADLINE}
local KEEP_MS = ${(ACCESS_TOKEN_LIFETIME_SECONDS + 65) * 1_000}

local function announce(kind, id, until_ms)
  redis.call('XADD', '{auth}:revocations', 'MINID', '~', string.format('%.0f', clock - KEEP_MS), '*',
    kind, id, 'until', string.format('%.0f', math.ceil((until_ms or clock + KEEP_MS) / 1000)))
end
`;

/**
 * What changes a session, each change one Lua script: Redis runs a script whole, alone, and writes it to the AOF as
 * one unit. Only KEYS[1], the session, is known to the caller; what else a script touches is known only inside, and
 * is on the same node because all keys carry the tag {auth}.
 *
 * {auth}:session:<sid>          hash: user_id, client_id, registration (of a client that is not built in), family
 *                               (SHA-256), nonce (SHA-256 of the newest), previous (SHA-256 of the one before),
 *                               successor (the newest, sealed for whoever has the one before), generation (how often
 *                               it was rotated), created_at, used_at (when it was rotated last), expires_at (idle
 *                               limit), absolute_expires_at, in milliseconds, address and user_agent of the last use,
 *                               repeated_from (address of a repeat), repeats_free_at (when none was told of lately).
 *                               Of an authorization code also scope (what was granted) and code (SHA-256), and until
 *                               it is redeemed redirect_uri (SHA-256) and code_challenge, and no family; refused
 *                               (somebody else presented it)
 * {auth}:user:<id>:sessions     sorted set: sid by used_at
 * {auth}:revocations            stream, read by every verifier: sid <sid> until <unix seconds>; kid: see keys/
 * {auth}:revoked:<jti>          an access token that was revoked alone, until it expires
 * {auth}:revocations-by:<who>   when the budget of single revocations is full again: of a user with a client, or of a client
 * {auth}:epoch                  names the data of this Redis: gone with it when it is lost
 *
 * Times are compared with ARGV, on values kept in the hash; the TTL only sweeps. A session's key outlives it until its
 * last access token has expired, so that a session without a key has no token that would still have to be revoked.
 */
const PRELUDE = `${ANNOUNCE}
local function sessions_of(user_id)
  return '{auth}:user:' .. user_id .. ':sessions'
end

local function end_session(sid)
  local key = '{auth}:session:' .. sid
  local user_id = redis.call('HGET', key, 'user_id')
  if not user_id then return false end
  redis.call('DEL', key)
  redis.call('ZREM', sessions_of(user_id), sid)
  announce('sid', sid)
  return user_id
end

-- the first script to write after Redis lost its data names the new data, and wakes the verifiers
local function epoch(candidate)
  local current = redis.call('GET', '{auth}:epoch')
  if current then return current end
  redis.call('SET', '{auth}:epoch', candidate)
  announce('epoch', candidate)
  return candidate
end

-- Takes one from a budget of so many, of which one comes back in each interval (a leaky bucket, of which all that there is
-- to know is when it will be empty). Returns when that is, or nothing, and how long to wait for the next one.
local function spend(free_at, most, interval_ms)
  local next_free_at = math.max(now, tonumber(free_at or 0)) + interval_ms
  local wait_ms = next_free_at - now - most * interval_ms
  if wait_ms > 0 then return nil, wait_ms end
  return next_free_at
end

-- until no more than so many are left, ends the sessions of the user that were unused for the longest, or of those only
-- what was not used since a time
local function make_room(user_id, most, spared, since)
  local excess = redis.call('ZCARD', sessions_of(user_id)) - most
  if excess <= 0 then return end
  for _, sid in ipairs(redis.call('ZRANGEBYSCORE', sessions_of(user_id), '-inf', since or '+inf',
    'LIMIT', 0, excess + 1)) do
    if sid ~= spared and excess > 0 then
      if not end_session(sid) then redis.call('ZREM', sessions_of(user_id), sid) end
      excess = excess - 1
    end
  end
end

local function extend(sid, user_id, expires_at, score)
  redis.call('HSET', KEYS[1], 'expires_at', expires_at)
  redis.call('PEXPIREAT', KEYS[1], expires_at + KEEP_MS)
  redis.call('ZADD', sessions_of(user_id), score or now, sid)
  -- NX sets the first expiry, GT only ever moves it back
  redis.call('PEXPIREAT', sessions_of(user_id), expires_at + KEEP_MS, 'NX')
  redis.call('PEXPIREAT', sessions_of(user_id), expires_at + KEEP_MS, 'GT')
end
`;

/** The part of a new session that is the same however it begins. */
const BEGIN = `${PRELUDE}
local sid, user_id, client_id, address, user_agent = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local idle_ms, absolute_ms, max_sessions = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

redis.call('ZREMRANGEBYSCORE', sessions_of(user_id), '-inf', now - idle_ms - KEEP_MS)
redis.call('HSET', KEYS[1], 'user_id', user_id, 'client_id', client_id, 'generation', 0, 'created_at', now,
  'used_at', now, 'absolute_expires_at', now + absolute_ms, 'address', address, 'user_agent', user_agent)
`;

/** Without flags: refused as a whole when `maxmemory` is reached, which costs nobody a session. */
const CREATE_SESSION = `#!lua
${BEGIN}
local family, nonce = ARGV[11], ARGV[12]
redis.call('HSET', KEYS[1], 'family', family, 'nonce', nonce)
make_room(user_id, max_sessions - 1)
extend(sid, user_id, now + math.min(idle_ms, absolute_ms))
return epoch(ARGV[13])
`;

/**
 * A session that has no tokens yet, only an authorization code. Whatever ends the sessions of the user meanwhile ends it
 * too, and the code with it.
 */
const BEGIN_AUTHORIZATION = `#!lua
${BEGIN}
local scope, code, redirect_uri, code_challenge, code_ms = ARGV[11], ARGV[12], ARGV[13], ARGV[14], tonumber(ARGV[15])
local registration = ARGV[16]
redis.call('HSET', KEYS[1], 'scope', scope, 'code', code, 'redirect_uri', redirect_uri,
  'code_challenge', code_challenge, 'registration', registration)
-- it makes room before any session that has tokens, and for now none of these makes room for it
make_room(user_id, max_sessions - 1, nil, now - idle_ms)
-- it leaves the index when the code expires, and Redis too: no token of it has to be revoked
extend(sid, user_id, now + code_ms, now + code_ms - idle_ms - KEEP_MS)
redis.call('PEXPIREAT', KEYS[1], now + code_ms)
return true
`;

/**
 * Consumes an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6).
 *
 * 'redeemed': the session has its first refresh token.
 * 'reuse':    the code was redeemed before, in the last minutes: two have it. The session is ended, here
 *             (RFC 6749 §4.1.2); back comes the address of its last use.
 * 'refused':  another client, redirect URI or verifier has it: only that is remembered, so that this is the answer to the
 *             first of them; back comes the address of the sign-in.
 * 'unknown':  no such code, or not any more: nothing is changed.
 *
 * Memory stays nearly the same, so it may run at `maxmemory`: a code that is reused must end its session then too.
 */
const REDEEM_CODE = `#!lua flags=allow-oom
${PRELUDE}
local sid, client_id, code, redirect_uri, code_challenge = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local family, nonce, lifetime_ms = ARGV[8], ARGV[9], tonumber(ARGV[10])
local idle_ms, max_sessions = tonumber(ARGV[11]), tonumber(ARGV[12])

local session = redis.call('HMGET', KEYS[1], 'user_id', 'client_id', 'code', 'redirect_uri', 'code_challenge',
  'family', 'created_at', 'expires_at', 'absolute_expires_at', 'address')
if not session[1] or session[3] ~= code or now >= tonumber(session[8]) then return {'unknown'} end
local is_own = session[2] == client_id
if session[6] and is_own then
  if now - session[7] >= ${CODE_REMEMBERED_MS} then return {'unknown'} end
  end_session(sid)
  return {'reuse', session[10]}
end
if not is_own or session[4] ~= redirect_uri or session[5] ~= code_challenge then
  local is_first = redis.call('HSETNX', KEYS[1], 'refused', '') == 1
  return {is_first and 'refused' or 'unknown', session[10]}
end

redis.call('HDEL', KEYS[1], 'redirect_uri', 'code_challenge')
redis.call('HSET', KEYS[1], 'family', family, 'nonce', nonce, 'used_at', now)
-- one that will not be refreshed makes room first, and leaves the index soon
extend(sid, session[1], math.min(now + lifetime_ms, tonumber(session[9])), now + lifetime_ms - idle_ms)
make_room(session[1], max_sessions, sid)
return {'redeemed', epoch(ARGV[13])}
`;

/**
 * Consumes a refresh token.
 *
 * 'rotated':  it was the newest: its successor, which the caller has made and sealed, is the newest now.
 * 'repeated': it is the one before, and was consumed within the window: its answer was lost, or two tabs had it. The
 *             successor comes back as it was sealed then, with the generation it was sealed for, the address of the
 *             rotation, and whether to tell of it: it is from another address, the last repeat was not from there, and
 *             the session has a budget left. Two addresses could take turns, and each rotation begins anew.
 * 'reuse':    it was consumed before that: somebody else holds the session too. It is ended, here; back comes the
 *             address of its last use.
 * 'unknown':  no such session, another client, or not the family secret: nothing is changed.
 *
 * Memory stays the same, so it may run at `maxmemory`.
 */
const ROTATE = `#!lua flags=allow-oom
${PRELUDE}
local sid, client_id, family, nonce = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local successor, sealed_successor, address, user_agent = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local idle_ms, window_ms = tonumber(ARGV[11]), tonumber(ARGV[12])

local session = redis.call('HMGET', KEYS[1], 'user_id', 'client_id', 'family', 'nonce', 'previous', 'successor',
  'generation', 'used_at', 'expires_at', 'absolute_expires_at', 'address', 'repeated_from', 'repeats_free_at')
if not session[1] or session[2] ~= client_id or session[3] ~= family then return {'unknown'} end
if now >= tonumber(session[9]) then return {'unknown'} end

if session[4] == nonce then
  redis.call('HSET', KEYS[1], 'nonce', successor, 'previous', nonce, 'successor', sealed_successor,
    'generation', session[7] + 1, 'used_at', now, 'address', address, 'user_agent', user_agent,
    'repeated_from', '')
  extend(sid, session[1], math.min(now + idle_ms, tonumber(session[10])))
  return {'rotated', epoch(ARGV[13])}
end
-- also when the clock of Redis was set back
if session[5] == nonce and math.abs(now - session[8]) < window_ms then
  local is_new = address ~= session[11] and address ~= session[12]
  local free_at = is_new and spend(session[13], ${TOLD_REPEATS.most}, ${TOLD_REPEATS.intervalMs})
  if free_at then redis.call('HSET', KEYS[1], 'repeated_from', address, 'repeats_free_at', free_at) end
  return {'repeated', epoch(ARGV[13]), session[6], session[7] - 1, session[11], free_at and 1 or 0}
end
end_session(sid)
return {'reuse', session[11]}
`;

/**
 * Begins the window of the session KEYS[1] anew, if its newest token is the one with the nonce ARGV[1]. It has no
 * deadline: the later it runs, the nearer to the retry that it is for.
 */
export const REOPEN_WINDOW = `#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'used_at', time[1] * 1000 + math.floor(time[2] / 1000))
return 1
`;

/**
 * Ends the session KEYS[1]; with a field of it in ARGV[4], only if that has the value ARGV[5]; with the jti of an access
 * token in ARGV[6], only if that was not revoked alone. Returns its user_id, or nothing when none was ended.
 */
const END_SESSION = `#!lua flags=allow-oom
${PRELUDE}
local sid, field, value, jti = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if field ~= '' and redis.call('HGET', KEYS[1], field) ~= value then return false end
if jti ~= '' and redis.call('EXISTS', '{auth}:revoked:' .. jti) == 1 then return false end
return end_session(sid)
`;

/** The sessions of the user whose index is KEYS[1], the one that was used last first. */
const LIST_SESSIONS = `#!lua flags=no-writes
${PRELUDE}
local sessions = {}
for _, sid in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local session = redis.call('HMGET', '{auth}:session:' .. sid, 'created_at', 'used_at', 'address', 'user_agent',
    'client_id', 'expires_at', 'family')
  if session[7] and now < tonumber(session[6]) then
    table.insert(sessions, {sid, session[1], session[2], session[3], session[4], session[5]})
  end
end
return sessions
`;

/** Ends all sessions of the user whose index is KEYS[1]. Returns how many were ended. */
const END_USER_SESSIONS = `#!lua flags=allow-oom
${PRELUDE}
local ended = 0
for _, sid in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if end_session(sid) then ended = ended + 1 end
end
redis.call('DEL', KEYS[1])
return ended
`;

/**
 * Revokes the one access token with the jti ARGV[3], which expires at ARGV[4] (unix seconds). Each takes a key and an entry
 * of the feed, and who holds a refresh token can have any number of them: so the user, or the client that acts for itself,
 * has a budget.
 *
 * 'revoked': it is refused from now on, and nothing else.
 * 'known':   it was revoked before (KEYS[1] remembers), or its session has ended.
 * 'ended':   the budget is used up: its session was ended instead, which takes one entry for all its tokens.
 * 'refused': the budget is used up, and it has no session: nothing is changed; back comes how long to wait.
 */
const REVOKE_ACCESS_TOKEN = `#!lua flags=allow-oom
${PRELUDE}
local jti, expires_at, holder, sid = ARGV[3], ARGV[4] * 1000, ARGV[5], ARGV[6]
local most, interval_ms = tonumber(ARGV[7]), tonumber(ARGV[8])
local budget = '{auth}:revocations-by:' .. holder

if redis.call('EXISTS', KEYS[1]) == 1 then return {'known'} end
if sid ~= '' and redis.call('EXISTS', '{auth}:session:' .. sid) == 0 then return {'known'} end
local free_at, wait_ms = spend(redis.call('GET', budget), most, interval_ms)
if not free_at then
  if sid == '' then return {'refused', wait_ms} end
  end_session(sid)
  return {'ended'}
end
redis.call('SET', budget, free_at, 'PX', free_at - now)
redis.call('SET', KEYS[1], '', 'PXAT', math.max(expires_at, clock + 1))
announce('jti', jti, expires_at)
return {'revoked'}
`;

/** Names the data of this Redis; KEYS[1] is where its name is. */
const EPOCH = `#!lua flags=allow-oom
${PRELUDE}
return epoch(ARGV[3])
`;

/** As ioredis' `defineCommand` takes them. */
export const SCRIPTS = {
  createSession: { lua: CREATE_SESSION, numberOfKeys: 1 },
  beginAuthorization: { lua: BEGIN_AUTHORIZATION, numberOfKeys: 1 },
  redeemCode: { lua: REDEEM_CODE, numberOfKeys: 1 },
  revokeAccessToken: { lua: REVOKE_ACCESS_TOKEN, numberOfKeys: 1 },
  nameEpoch: { lua: EPOCH, numberOfKeys: 1 },
  rotateRefreshToken: { lua: ROTATE, numberOfKeys: 1 },
  listSessions: { lua: LIST_SESSIONS, numberOfKeys: 1 },
  endSession: { lua: END_SESSION, numberOfKeys: 1 },
  endUserSessions: { lua: END_USER_SESSIONS, numberOfKeys: 1 },
};
