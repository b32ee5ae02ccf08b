import { mintClaims, mintProofKey, type ProofKey, waitFor } from '@pair/test-kit';
import type { LightMyRequestResponse } from 'fastify';
import t from 'tap';
import { boundSystem, key, URL_OF_ROUTE } from './support/bound-system.ts';
import { type GuardedProcess, guardedProcess, ready } from './support/guarded-process.ts';
import { DEFECTS, defectiveProof } from './support/proof-defects.ts';
import { redisOfAuth } from './support/redis-of-auth.ts';

/** The status, the code and the challenge of an answer. */
function refusalOf(answer: LightMyRequestResponse) {
  const challenge = String(answer.headers['www-authenticate'] ?? '');
  return [answer.statusCode, answer.json().code, /^\w+(?: error="\w+")?/.exec(challenge)?.[0]];
}

t.test('a bound token gets in with a proof of its key, once', async (t) => {
  const { prove, send, token } = await boundSystem(t);
  const proof = prove();
  const answer = await send(proof);
  t.equal(answer.statusCode, 200);
  t.equal(answer.headers['dpop-nonce'], undefined, 'the client has the newest nonce');
  t.strictSame(refusalOf(await send(proof)), [401, 'invalid_dpop_proof', 'DPoP error="invalid_dpop_proof"']);
  t.equal(
    (await send(prove(), { scheme: 'dpop' })).statusCode,
    200,
    'the case of the scheme makes no difference',
  );
  t.strictSame(refusalOf(await send(undefined)), [
    401,
    'invalid_dpop_proof',
    'DPoP error="invalid_dpop_proof"',
  ]);
  t.match((await send(undefined)).headers['www-authenticate'], /algs="ES256"/);

  const bearer = await send(undefined, { scheme: 'Bearer' });
  t.strictSame(refusalOf(bearer), [401, 'invalid_token', 'Bearer error="invalid_token"']);
  t.match(bearer.headers['www-authenticate'], /, DPoP algs="ES256"$/, 'the challenge names the right scheme');
  t.equal((await send(prove(), { scheme: 'Bearer' })).statusCode, 401, 'a bound token is no Bearer token');
  t.equal((await send([prove(), prove()])).statusCode, 401, 'two headers');
  t.notOk(JSON.stringify(bearer.json()).includes(token));
});

t.test('a proof of another key is worth nothing, and so is a token without a key', async (t) => {
  const { first, send, bind, token } = await boundSystem(t);
  const thief = mintProofKey();
  const proofOf = (owner: ProofKey, accessToken: string) =>
    owner.prove({ method: 'GET', url: URL_OF_ROUTE, accessToken, nonce: 'nonce-1' });
  t.strictSame(refusalOf(await send(proofOf(thief, token))).slice(0, 2), [401, 'invalid_dpop_proof']);
  const ofThief = await bind(first, thief);
  t.equal((await send(proofOf(thief, ofThief), { access: ofThief })).statusCode, 200);
  t.equal((await send(proofOf(key, token), { access: ofThief })).statusCode, 401);
  const unbound = await first.key.sign(mintClaims());
  t.strictSame(refusalOf(await send(proofOf(key, unbound), { access: unbound })), [
    401,
    'invalid_token',
    'DPoP error="invalid_token"',
  ]);
});

t.test(
  'a revoked, an expired and a foreign token are refused as ever, with the challenge of DPoP',
  async (t) => {
    const { redis, first, token, prove, send } = await boundSystem(t);
    const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await redis.revoke('sid', sid);
    await waitFor(() => first.feed.isRevoked(sid));
    t.strictSame(refusalOf(await send(prove())), [401, 'invalid_token', 'DPoP error="invalid_token"']);
    const access = await first.key.sign(mintClaims({ exp: 1, iat: 0, cnf: { jkt: 'A'.repeat(43) } }));
    t.strictSame(refusalOf(await send(prove(), { access })), [
      401,
      'invalid_token',
      'DPoP error="invalid_token"',
    ]);
  },
);

t.test('the nonce is the clock: an old one is refused with a new one, which works', async (t) => {
  const { redis, first, prove, send } = await boundSystem(t);
  const without = await send(prove({ nonce: undefined }));
  t.strictSame(refusalOf(without), [401, 'use_dpop_nonce', 'DPoP error="use_dpop_nonce"']);
  t.equal(without.headers['dpop-nonce'], 'nonce-1');
  t.equal(without.headers['cache-control'], 'no-store');
  t.equal((await send(prove({}, 'unknown'))).json().code, 'use_dpop_nonce');
  t.equal((await send(prove({ iat: 0 }))).statusCode, 200, 'the clock of the client does not matter');

  const moveClock = async (aheadMs: number) => {
    first.clock.aheadMs = aheadMs;
    await waitFor(() => first.feed.isFresh());
  };
  await moveClock(60_000);
  await redis.nameNonce('nonce-2');
  await waitFor(() => first.feed.nonces.accepts('nonce-2'), 1_000);
  await waitFor(() => first.feed.nonces.newest() === 'nonce-2');
  const older = await send(prove());
  t.equal(older.statusCode, 200, 'the nonce before the newest is accepted');
  t.equal(older.headers['dpop-nonce'], 'nonce-2', 'and the answer has the newest');
  t.equal(older.headers['cache-control'], 'no-store');

  await moveClock(121_000);
  t.strictSame(refusalOf(await send(prove())).slice(0, 2), [401, 'use_dpop_nonce'], 'two minutes later');
  t.equal((await send(prove({}, 'nonce-2'))).statusCode, 200);
  await moveClock(200_000);
  t.equal((await send(prove({}, 'nonce-2'))).statusCode, 503, 'auth has made no nonce for two minutes');
});

t.test('a process that starts takes no nonce that is older than two minutes', async (t) => {
  const redis = await redisOfAuth(t);
  await redis.nameNonce('old', Math.floor(Date.now() / 1_000) - 10);
  const guarded = await guardedProcess(t, { redis });
  await ready(guarded);
  t.notOk(guarded.feed.nonces.accepts('old'));
  t.equal(guarded.feed.nonces.newest(), undefined);
});

t.test('1,000 equal proofs at once over three processes: exactly one gets in', async (t) => {
  const { processes, prove, send, first } = await boundSystem(t, 3);
  // each process has a key of its own in this test, so that all must know the token
  for (const { jwks, key: own } of processes.slice(1)) jwks.keys = [own, first.key];
  await Promise.all(
    processes.map((via) => waitFor(async () => (await send(prove(), { via })).statusCode === 200, 15_000)),
  );
  const proof = prove();
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) => send(proof, { via: processes[i % 3] as GuardedProcess })),
  );
  const statuses = answers.map(({ statusCode }) => statusCode);
  t.equal(statuses.filter((status) => status === 200).length, 1);
  t.equal(statuses.filter((status) => status === 401).length, 999);
});

t.test(
  'no proof with a defect, or with two, gets in: 401 with a code of the RFC, and never 500',
  async (t) => {
    const { token, send } = await boundSystem(t);
    const names = Object.keys(DEFECTS);
    const combinations = names.flatMap((first, i) => [
      [first],
      ...names.slice(i + 1).flatMap((second, j) => ((i + j) % 5 < 3 ? [[first, second]] : [])),
    ]);
    const wrong: string[] = [];
    const request = { method: 'GET', url: URL_OF_ROUTE, accessToken: token, nonce: 'nonce-1' };
    for (const combination of combinations) {
      const defects = combination.flatMap((each) => DEFECTS[each] ?? []);
      const answer = await send(defectiveProof(request, defects, key));
      const code = answer.json().code;
      if (answer.statusCode !== 401 || !['invalid_dpop_proof', 'use_dpop_nonce'].includes(code))
        wrong.push(`${combination.join(', ')}: ${answer.statusCode} ${code}`);
    }
    t.strictSame(wrong, []);
    t.comment(`${combinations.length} proofs`);
  },
);

t.test(
  'without Redis a proof is 503, because no process knows whether it was used; a Bearer token goes on',
  async (t) => {
    const { redis, first, prove, send } = await boundSystem(t);
    const unbound = await first.key.sign(mintClaims());
    await redis.server.stop();
    const refused = await send(prove());
    t.equal(refused.statusCode, 503);
    t.ok(refused.headers['retry-after']);
    t.equal((await send(undefined, { scheme: 'Bearer', access: unbound })).statusCode, 200);
  },
);

t.test('used proofs leave Redis after three minutes, and contain neither key nor id', async (t) => {
  const { redis, prove, send } = await boundSystem(t);
  await send(prove({ jti: 'an id of the client' }));
  const keys = await redis.client.keys('{dpop}:*');
  t.equal(keys.length, 1);
  t.match(keys[0], /^\{dpop\}:test:[A-Za-z0-9_-]{43}$/);
  const leftSeconds = await redis.client.ttl(keys[0] ?? '');
  t.ok(leftSeconds > 120 && leftSeconds <= 180, String(leftSeconds));
});
