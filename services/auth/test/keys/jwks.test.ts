import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { drizzle } from 'drizzle-orm/node-postgres';
import t from 'tap';
import { signingKeys } from '../../src/db/schema.ts';
import { get, startAuth } from '../support/auth-under-test.ts';
import { DAY, rings } from '../support/rings.ts';

const JWKS = '/.well-known/jwks.json';

t.test('the JWKS has only the public members of the keys, and may be cached for a minute', async (t) => {
  const auth = await startAuth(t);
  const response = await get(auth.app, JWKS);
  t.equal(response.statusCode, 200);
  t.equal(response.headers['cache-control'], 'public, max-age=60');
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8');
  const { keys, ...others } = response.json<{ keys: Record<string, string>[] }>();
  t.same(others, {});
  t.equal(keys.length, 2, 'the active key and the next key');
  for (const jwk of keys) {
    t.same(Object.keys(jwk).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    t.match(jwk, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: /^[\w-]{43}$/ });
    const key: KeyObject = createPublicKey({ key: jwk, format: 'jwk' });
    t.equal(key.type, 'public');
  }
});

t.test(
  'the JWKS has a strong entity tag, the same in all processes, and is 304 for a client that has it',
  async (t) => {
    const auth = await startAuth(t);
    const { headers } = await get(auth.app, JWKS);
    const { etag = '' } = headers;
    t.match(etag, /^"[\w-]{43}"$/);
    t.equal((await get(await auth.another(), JWKS)).headers.etag, etag);

    for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await auth.app.inject({ url: JWKS, headers: { 'if-none-match': ifNoneMatch } });
      t.equal(response.statusCode, 304, ifNoneMatch);
      t.equal(response.body, '');
      t.equal(response.headers.etag, etag);
      t.equal(response.headers['cache-control'], 'public, max-age=60');
    }
    for (const ifNoneMatch of ['"other"', etag.slice(1, -1), '']) {
      const response = await auth.app.inject({ url: JWKS, headers: { 'if-none-match': ifNoneMatch } });
      t.equal(response.statusCode, 200, ifNoneMatch);
    }
  },
);

t.test(
  'the entity tag changes with the keys, and the JWKS is serialized once for each set of keys',
  async (t) => {
    const { ring, clock, pool } = await rings(t);
    const one = await ring();
    const before = one.published();
    await one.reload();
    t.equal(one.published(), before, 'the same object');
    clock.now += 30 * DAY;
    await one.reload();
    t.not(one.published().etag, before.etag);
    t.equal(await drizzle({ client: pool }).$count(signingKeys), 3);
  },
);
