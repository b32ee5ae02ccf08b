import { createHmac, createSign, generateKeyPairSync, sign } from 'node:crypto';
import { mintClaims, mintKey } from '@pair/test-kit';
import Fastify from 'fastify';
import fp from 'fastify-plugin';
import t, { type Test } from 'tap';
import { accessToken, asUser, type KeySource, type Proofs, type RevocationFeed } from '../src/index.ts';
import { ISSUER } from './support/guarded-process.ts';
import { base64url } from './support/jws.ts';

/** A feed without revocations. */
const feed: RevocationFeed = {
  ready: async () => {},
  isFresh: () => true,
  firstRead: async () => {},
  epoch: 'test-epoch',
  isRevoked: () => false,
  nextRead: async () => {},
  nonces: { newest: () => undefined, accepts: () => false, ageSeconds: () => 0 },
};

async function statusWith(t: Test, keys: KeySource, token: string): Promise<number> {
  const app = Fastify();
  t.teardown(() => app.close());
  app.addSchema({ $id: 'Problem' });
  await app.register(fp(async () => void app.decorate('revocationFeed', feed), { name: 'revocation-feed' }));
  await app.register(fp(async () => void app.decorate('proofs', {} as Proofs), { name: 'proofs' }));
  await app.register(accessToken, { issuer: ISSUER, audience: ISSUER, keys });
  await app.register(
    asUser(async (routes) => {
      routes.get('/', async () => 'in');
    }),
  );
  return (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode;
}

t.test('a malformed kid reaches no key source', async (t) => {
  const key = await mintKey();
  const asked: string[] = [];
  const keys: KeySource = {
    get: (kid) => {
      asked.push(kid);
      return key.publicPem;
    },
    has: () => true,
  };
  for (const kid of ['', '../x', 'a b', 'k'.repeat(65), `${key.kid}\n`]) {
    t.equal(await statusWith(t, keys, await key.sign(mintClaims(), { kid })), 401, JSON.stringify(kid));
  }
  t.strictSame(asked, []);
  t.equal(await statusWith(t, keys, await key.sign(mintClaims())), 200);
});

t.test('a key of another algorithm verifies no token', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  for (const [alg, { publicKey, privateKey }] of Object.entries({
    RS256: rsa,
    PS256: rsa,
    ES384: p384,
    ES256: p384,
  })) {
    const input = `${base64url({ alg, typ: 'at+jwt', kid: 'the-key' })}.${base64url(mintClaims())}`;
    const signer = createSign(`sha${alg.slice(2)}`).update(input);
    const padding = alg === 'PS256' ? { padding: 6, saltLength: 32 } : {};
    const signature = signer.sign({ key: privateKey, dsaEncoding: 'ieee-p1363', ...padding }, 'base64url');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    t.equal(await statusWith(t, { get: () => pem, has: () => true }, `${input}.${signature}`), 401, alg);
  }
});

t.test('a key of another algorithm with signatures of 64 bytes verifies no token', async (t) => {
  const ed25519 = generateKeyPairSync('ed25519');
  const pem = ed25519.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  for (const [alg, key, signer] of [
    ['EdDSA', pem, (input: string) => sign(null, Buffer.from(input), ed25519.privateKey)],
    ['HS512', 'a secret', (input: string) => createHmac('sha512', 'a secret').update(input).digest()],
  ] as const) {
    const input = `${base64url({ alg, typ: 'at+jwt', kid: 'the-key' })}.${base64url(mintClaims())}`;
    const token = `${input}.${signer(input).toString('base64url')}`;
    t.equal(await statusWith(t, { get: () => key, has: () => true }, token), 401, alg);
  }
});

t.test('a secret in place of a key verifies nothing', async (t) => {
  const key = await mintKey();
  for (const secret of ['', 'secret']) {
    const keys = { get: () => secret, has: () => true };
    t.equal(await statusWith(t, keys, await key.sign(mintClaims())), 401, secret);
  }
});

t.test('a failing key source is 503, because the token may be valid', async (t) => {
  const key = await mintKey();
  for (const get of [
    () => {
      throw new TypeError('a bug');
    },
    () => Promise.reject(new TypeError('a bug')),
  ]) {
    t.equal(await statusWith(t, { get, has: () => true }, await key.sign(mintClaims())), 503);
  }
});
