import { createHmac } from 'node:crypto';
import { type MintedKey, mintKey } from '@pair/test-kit';
import { drizzle } from 'drizzle-orm/node-postgres';
import {
  CompactSign,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  importPKCS8,
  jwtVerify,
} from 'jose';
import * as oauth from 'oauth4webapi';
import pg from 'pg';
import t, { type Test } from 'tap';
import { parseSealingKeys } from '../src/crypto/sealing-keys.ts';
import { signingKeys } from '../src/db/schema.ts';
import { openKey } from '../src/keys/sealed-key.ts';
import { type AuthUnderTest, get, login, startAuth } from './support/auth-under-test.ts';

/** Resolves for a token that the verifier accepts, and rejects for a token that it refuses. */
type Verifier = (token: string) => Promise<unknown>;

/** Configures other libraries as their manuals say, against a listening service. */
async function verifiers(auth: AuthUnderTest): Promise<Record<string, Verifier>> {
  const address = await auth.app.listen({ host: '127.0.0.1', port: 0 });
  const { ISSUER: issuer, AUDIENCE: audience } = auth.config;
  const jwksUri = `${address}/.well-known/jwks.json`;
  const keys = createRemoteJWKSet(new URL(jwksUri));
  const server: oauth.AuthorizationServer = { issuer, jwks_uri: jwksUri };
  return {
    jose: (token) => jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] }),
    oauth4webapi: (token) => {
      const request = new Request('http://localhost/', { headers: { authorization: `Bearer ${token}` } });
      return oauth.validateJwtAccessToken(server, request, audience, {
        signingAlgorithms: ['ES256'],
        [oauth.allowInsecureRequests]: true, // plain HTTP, on loopback
      });
    },
    'this service': async (token) => {
      const { statusCode, body } = await get(auth.app, '/auth/me', token);
      if (statusCode !== 200) throw new Error(body);
    },
  };
}

/** Reads the key that signed a token from the database. */
async function privateKeyOf(t: Test, { config }: AuthUnderTest, kid: string | undefined) {
  const pool = new pg.Pool({ connectionString: config.DATABASE_URL });
  t.teardown(() => pool.end());
  const row = (await drizzle({ client: pool }).select().from(signingKeys)).find((key) => key.kid === kid);
  if (row === undefined) throw new Error(`no key ${kid}`);
  return openKey(row, parseSealingKeys(config.KEY_ENCRYPTION_KEY));
}

const base64url = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

async function signES256(privatePem: string, header: object, claims: object): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', ...header })
    .sign(await importPKCS8(privatePem, 'ES256'));
}

function signHS256(secret: string, header: object, claims: object): string {
  const input = `${base64url({ ...header, alg: 'HS256' })}.${base64url(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

t.test(
  'other libraries accept the tokens of a sign-in and refuse forged tokens, as this service does',
  async (t) => {
    const auth = await startAuth(t);
    const { access_token: token, refresh_token } = await login(auth.app);
    const [head, payload, signature] = token.split('.');
    const header = decodeProtectedHeader(token);
    const claims = decodeJwt(token);
    const ours = await privateKeyOf(t, auth, header.kid);
    const theirs: MintedKey = await mintKey();
    const now = Math.floor(Date.now() / 1_000);
    const byOurKey = (change: object, head: object = {}) =>
      signES256(ours.privatePem, { ...header, ...head }, { ...claims, ...change });
    const publicJwk = { ...ours.publicJwk, kid: ours.kid, use: 'sig', alg: 'ES256' };

    const forged: Record<string, string> = {
      'signed with another key': await signES256(theirs.privatePem, header, claims),
      'signed with another key, named by its kid': await signES256(
        theirs.privatePem,
        { ...header, kid: theirs.kid },
        claims,
      ),
      'signed with another key, included as jwk': await signES256(
        theirs.privatePem,
        { ...header, jwk: theirs.publicJwk },
        claims,
      ),
      'alg none': `${base64url({ ...header, alg: 'none' })}.${payload}.`,
      'alg none, with a signature': `${base64url({ ...header, alg: 'none' })}.${payload}.${signature}`,
      'HS256 with the public key as the secret, as PEM': signHS256(ours.publicPem, header, claims),
      'HS256 with the public key as the secret, as JWK': signHS256(JSON.stringify(publicJwk), header, claims),
      'from another issuer': await byOurKey({ iss: 'http://localhost:8081' }),
      'for another audience': await byOurKey({ aud: 'http://localhost:8081' }),
      expired: await byOurKey({ iat: now - 700, exp: now - 100 }),
      'typ JWT': await byOurKey({}, { typ: 'JWT' }),
      'without typ': await byOurKey({}, { typ: undefined }),
      'with a changed payload': `${head}.${base64url({ ...claims, scope: 'users:admin', sub: 'other' })}.${signature}`,
      'with a changed head': `${base64url({ ...header, cty: 'x' })}.${payload}.${signature}`,
      'without a signature': `${head}.${payload}.`,
      'with a signature of zeros': `${head}.${payload}.${'A'.repeat(86)}`,
      'a refresh token': refresh_token,
    };
    for (const [name, verify] of Object.entries(await verifiers(auth))) {
      await t.test(name, async (t) => {
        await t.resolves(verify(token), 'accepts a token of auth');
        await t.resolves(verify(await byOurKey({})), 'accepts the token from which the forgeries are made');
        for (const [forgery, text] of Object.entries(forged))
          await t.rejects(verify(text), `refuses: ${forgery}`);
      });
    }
  },
);
