import { sign } from 'node:crypto';
import { mintClaims, mintKey, waitFor } from '@pair/test-kit';
import t from 'tap';
import { guardedProcess, ISSUER, ready } from './support/guarded-process.ts';
import { base64url, headerOf, signRaw, signWithHmac } from './support/jws.ts';

const guarded = await guardedProcess(t);
await ready(guarded);
const { key, send } = guarded;
const attacker = await mintKey();
const now = Math.floor(Date.now() / 1_000);
t.intercept(Date, 'now', { value: () => now * 1_000 });

const valid = headerOf(key);
const withClaims = (overrides: object) => key.sign(mintClaims(overrides));
const withHeader = (overrides: object) => key.sign(mintClaims(), overrides);
const without = (claim: string) => withClaims({ [claim]: undefined });
const partsOf = (token: string) => token.split('.') as [string, string, string];
const withSignature = async (bytes: Uint8Array) => {
  const [header, payload] = partsOf(await key.sign(mintClaims()));
  return `${header}.${payload}.${Buffer.from(bytes).toString('base64url')}`;
};

/** Adds a JSON member before the others: a duplicate or `__proto__`, which `JSON.stringify` cannot write. */
const beginning = (object: object, text: string) => JSON.stringify(object).replace('{', `{${text},`);
const ending = (object: object, text: string) => JSON.stringify(object).replace(/}$/, `,${text}}`);
const WRONG_VALUES = { null: null, true: true, 'a number': 1.5, '{}': {}, '[]': [], 'an empty text': '' };

const ACCEPTED: Record<string, () => Promise<string> | string> = {
  'signed like auth': () => key.sign(mintClaims()),
  'signed by the test itself': () => signRaw(key, valid, mintClaims()),
  'with the full media type (RFC 9068 §4)': () => withHeader({ typ: 'application/at+jwt' }),
  'issued 4 s in the future': () => withClaims({ iat: now + 4 }),
  'with nbf now': () => withClaims({ nbf: now }),
  'with one second of lifetime left': () => withClaims({ iat: now - 599, exp: now + 1 }),
  'without any scope': () => withClaims({ scope: '' }),
  'with an additional claim': () => withClaims({ amr: ['pwd'] }),
  'with an older exp before its exp (RFC 7519 §4: the last counts)': () =>
    signRaw(key, valid, beginning(mintClaims(), `"exp":${now - 1}`)),
};

const REFUSED: Record<string, () => Promise<string> | string> = {
  // wrong algorithms: RFC 8725 §2.1, §3.1
  'alg none, without a signature': () =>
    `${base64url({ ...valid, alg: 'none' })}.${base64url(mintClaims())}.`,
  'alg none, with a signature': () => signRaw(key, { ...valid, alg: 'none' }, mintClaims()),
  'alg NONE': () => signRaw(key, { ...valid, alg: 'NONE' }, mintClaims()),
  'no alg': () => signRaw(key, { ...valid, alg: undefined }, mintClaims()),
  'alg as a list': () => signRaw(key, { ...valid, alg: ['ES256'] }, mintClaims()),
  'HS256 with the public PEM as the secret': () =>
    signWithHmac(key.publicPem, { ...valid, alg: 'HS256' }, mintClaims()),
  'HS256 with an empty secret': () => signWithHmac('', { ...valid, alg: 'HS256' }, mintClaims()),
  'alg HS256 with an ES256 signature': () => signRaw(key, { ...valid, alg: 'HS256' }, mintClaims()),
  'alg ES384': () => signRaw(key, { ...valid, alg: 'ES384' }, mintClaims()),
  'alg RS256': () => signRaw(key, { ...valid, alg: 'RS256' }, mintClaims()),
  // wrong keys: RFC 8725 §3.10
  'an unknown kid': () => attacker.sign(mintClaims()),
  'the kid of another key': () => attacker.sign(mintClaims(), { kid: key.kid }),
  'no kid': () => withHeader({ kid: undefined }),
  'an empty kid': () => withHeader({ kid: '' }),
  'a kid that is a path': () => withHeader({ kid: `../${key.kid}` }),
  'a kid with a line break': () => withHeader({ kid: `${key.kid}\n` }),
  'a kid of 65 characters': () => withHeader({ kid: 'k'.repeat(65) }),
  'a kid that is an SQL text': () => withHeader({ kid: "' or 1=1 --" }),
  'a kid of Object.prototype': () => withHeader({ kid: '__proto__' }),
  'a kid that is a number': () => signRaw(key, { ...valid, kid: 1 }, mintClaims()),
  'a kid that is null': () => signRaw(key, { ...valid, kid: null }, mintClaims()),
  'a kid that is an object': () => signRaw(key, { ...valid, kid: { [key.kid]: key.kid } }, mintClaims()),
  'a kid that is inherited': () =>
    signRaw(key, beginning({ ...valid, kid: undefined }, `"__proto__":{"kid":"${key.kid}"}`), mintClaims()),
  'a kid that is a list': () => signRaw(key, { ...valid, kid: [key.kid] }, mintClaims()),
  "the attacker's key in the header": () =>
    attacker.sign(mintClaims(), { kid: key.kid, jwk: attacker.publicJwk }),
  "the attacker's key and no kid": () =>
    attacker.sign(mintClaims(), { kid: undefined, jwk: attacker.publicJwk }),
  "a URL of the attacker's keys": () =>
    attacker.sign(mintClaims(), { jku: 'http://127.0.0.1:9/jwks.json', x5u: 'http://127.0.0.1:9/' }),
  // wrong types: RFC 9068 §4, RFC 8725 §3.11
  'typ JWT': () => withHeader({ typ: 'JWT' }),
  'no typ': () => withHeader({ typ: undefined }),
  'typ refresh': () => withHeader({ typ: 'refresh' }),
  'typ as a list': () => signRaw(key, { ...valid, typ: ['at+jwt'] }, mintClaims()),
  // critical extensions: RFC 7515 §4.1.11
  'a critical extension': () => signRaw(key, { ...valid, crit: ['exp'], exp: now + 600 }, mintClaims()),
  'a critical b64 false': () => signRaw(key, { ...valid, crit: ['b64'], b64: false }, mintClaims()),
  'an empty crit': () => signRaw(key, { ...valid, crit: [] }, mintClaims()),
  'a crit of null': () => signRaw(key, { ...valid, crit: null }, mintClaims()),
  // wrong issuers and audiences: RFC 9068 §4
  'another issuer': () => withClaims({ iss: 'https://elsewhere.example' }),
  'the issuer with an additional slash': () => withClaims({ iss: `${ISSUER}/` }),
  'a list of issuers': () => withClaims({ iss: [ISSUER] }),
  'another audience': () => withClaims({ aud: 'https://elsewhere.example' }),
  'a list with the right audience': () => withClaims({ aud: [ISSUER] }),
  'an empty list of audiences': () => withClaims({ aud: [] }),
  // wrong times: RFC 7519 §4.1.4 to §4.1.6
  expired: () => withClaims({ iat: now - 600, exp: now }),
  'exp as a string': () => withClaims({ exp: String(now + 600) }),
  'exp null': () => withClaims({ exp: null }),
  'exp with a fraction': () => withClaims({ exp: now + 599.5 }),
  'exp too large for a number': () =>
    signRaw(key, valid, JSON.stringify(mintClaims()).replace(/"exp":\d+/, '"exp":1e400')),
  'a lifetime of 601 s': () => withClaims({ iat: now - 1, exp: now + 600 }),
  'iat 6 s in the future': () => withClaims({ iat: now + 6 }),
  'iat as a string': () => withClaims({ iat: String(now) }),
  'iat negative': () => withClaims({ iat: -1 }),
  'nbf in the future': () => withClaims({ nbf: now + 60 }),
  'nbf as a string': () => withClaims({ nbf: String(now) }),
  'nbf null': () => withClaims({ nbf: null }),
  // missing and mistyped claims: RFC 9068 §2.2
  ...Object.fromEntries(Object.keys(mintClaims()).map((claim) => [`no ${claim}`, () => without(claim)])),
  ...Object.fromEntries(
    Object.keys(mintClaims()).flatMap((claim) =>
      Object.entries(WRONG_VALUES)
        .filter(([name]) => !(claim === 'scope' && name === 'an empty text'))
        .map(([name, value]) => [`${claim} is ${name}`, () => withClaims({ [claim]: value })]),
    ),
  ),
  'a sub that is inherited': () =>
    signRaw(key, valid, beginning({ ...mintClaims(), sub: undefined }, '"__proto__":{"sub":"root"}')),
  'with an older exp after its exp (RFC 7519 §4: the last counts)': () =>
    signRaw(key, valid, ending(mintClaims(), `"exp":${now - 1}`)),
  'a sub of 257 characters': () => withClaims({ sub: 's'.repeat(257) }),
  'sid as an object': () => withClaims({ sid: { toString: 'x' } }),
  'scope as a list': () => withClaims({ scope: ['customers:read'] }),
  // texts that are no JWT: RFC 7519 §7.2, RFC 7515 §5.2
  'a payload that is a list': () => signRaw(key, valid, [mintClaims()]),
  'a payload that is null': () => signRaw(key, valid, 'null'),
  'a payload that is a string': () => signRaw(key, valid, '"sub"'),
  'a payload that is a number': () => signRaw(key, valid, '1'),
  'a payload that is true': () => signRaw(key, valid, 'true'),
  'a payload with a byte order mark': () => signRaw(key, valid, `\ufeff${JSON.stringify(mintClaims())}`),
  'a payload of brackets': () => signRaw(key, valid, '['.repeat(1_500)),
  'a payload that is not JSON': () => signRaw(key, valid, '{"sub"'),
  'an empty payload': () => signRaw(key, valid, ''),
  'a header that is a list': () => signRaw(key, [valid], mintClaims()),
  'a header that is null': () => signRaw(key, 'null', mintClaims()),
  'a header that is not JSON': () => signRaw(key, 'ES256', mintClaims()),
  'padded base64': async () => {
    const [header, payload, signature] = partsOf(await key.sign(mintClaims()));
    return `${header}.${payload}.${signature}==`;
  },
  'base64 that is not base64url': () => signRaw(key, valid, mintClaims()).replace('.', '+.'),
  'an additional character': async () => `${await key.sign(mintClaims())}A`,
  'an additional full stop': async () => `${await key.sign(mintClaims())}.`,
  'two parts': async () =>
    partsOf(await key.sign(mintClaims()))
      .slice(0, 2)
      .join('.'),
  'four parts': async () => `${await key.sign(mintClaims())}.AAAA`,
  'five parts, as an encrypted token has': async () => `${await key.sign(mintClaims())}.AAAA.AAAA`,
  'one part': () => 'AAAA',
  'three empty parts': () => '..',
  'more than 4 KiB': () => withClaims({ padding: 'x'.repeat(4_096) }),
  // wrong signatures
  'a signature of zeros (CVE-2022-21449)': () => withSignature(Buffer.alloc(64)),
  'an empty signature': () => withSignature(Buffer.alloc(0)),
  'a signature of one byte': () => withSignature(Buffer.alloc(1, 1)),
  'a signature without its last byte': async () => {
    const [header, payload, signature] = partsOf(await key.sign(mintClaims()));
    return `${header}.${payload}.${Buffer.from(signature, 'base64url').subarray(0, 63).toString('base64url')}`;
  },
  'a signature with an additional byte': async () => {
    const [header, payload, signature] = partsOf(await key.sign(mintClaims()));
    const bytes = Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]);
    return `${header}.${payload}.${bytes.toString('base64url')}`;
  },
  'a signature in DER': () => {
    const input = `${base64url(valid)}.${base64url(mintClaims())}`;
    return `${input}.${sign('sha256', Buffer.from(input), key.privatePem).toString('base64url')}`;
  },
  'a signature of the group order': () =>
    withSignature(
      Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.repeat(2), 'hex'),
    ),
  'the payload of another token': async () => {
    const [header, , signature] = partsOf(await key.sign(mintClaims()));
    return `${header}.${base64url(mintClaims({ scope: 'users:admin' }))}.${signature}`;
  },
};

t.test('a valid token is accepted', async (t) => {
  for (const [name, make] of Object.entries(ACCEPTED)) {
    const response = await send(await make());
    t.equal(response.statusCode, 200, name);
  }
});

t.test('an invalid token is 401 invalid_token, never 500', async (t) => {
  for (const [name, make] of Object.entries(REFUSED)) {
    const response = await send(await make());
    t.match(
      response,
      {
        statusCode: 401,
        headers: {
          'content-type': 'application/problem+json; charset=utf-8',
          'www-authenticate': /^Bearer error="invalid_token", error_description="[ !#-[\]-~]+"$/,
        },
      },
      name,
    );
    t.equal(response.json().code, 'invalid_token', name);
  }
});

t.test('a token with any one character changed is refused', async (t) => {
  const token = await key.sign(mintClaims());
  t.equal((await send(token)).statusCode, 200);
  for (let i = 0; i < token.length; i += 1) {
    const changed = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
    const { statusCode } = await send(changed);
    if (statusCode !== 401) t.fail(`character ${i}: ${statusCode}`);
  }
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const accepted: string[] = [];
  for (const last of alphabet) {
    if ((await send(token.slice(0, -1) + last)).statusCode !== 401) accepted.push(last);
  }
  t.strictSame(accepted, [token.at(-1)], 'the last character has unused bits, and still one spelling');
});

t.test(
  'a second valid signature of a token, which any attacker can compute, is revoked with it',
  async (t) => {
    const claims = mintClaims();
    const token = await key.sign(claims);
    const twin = withOtherS(token);
    t.not(twin, token);
    for (const text of [token, twin]) t.equal((await send(text)).statusCode, 200);
    await guarded.redis.revoke('jti', claims.jti);
    for (const text of [token, twin]) await waitFor(async () => (await send(text)).statusCode === 401);
  },
);

/** For every ECDSA signature (r, s) the pair (r, n − s) is valid too (SEC 1 §4.1.4); n is the order of P-256. */
function withOtherS(token: string): string {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [header, payload, signature = ''] = partsOf(token);
  const bytes = Buffer.from(signature, 'base64url');
  const s = n - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  bytes.write(s.toString(16).padStart(64, '0'), 32, 'hex');
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}

t.test('a forged token that shares parts with a cached one is refused', async (t) => {
  const token = await key.sign(mintClaims());
  t.equal((await send(token)).statusCode, 200);
  const [header, payload, signature] = partsOf(token);
  const forged = {
    'another payload': `${header}.${base64url(mintClaims())}.${signature}`,
    'another signature': await attacker.sign(mintClaims(), { kid: key.kid }),
    'no signature': `${header}.${payload}.`,
  };
  for (const [name, text] of Object.entries(forged)) t.equal((await send(text)).statusCode, 401, name);
  t.equal((await send(token)).statusCode, 200);
});
