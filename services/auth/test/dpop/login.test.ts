import { decodeJwt } from 'jose';
import t from 'tap';
import { ADMIN, get, login, post, startAuth, type Tokens } from '../support/auth-under-test.ts';
import { dpopClient } from '../support/dpop.ts';

const auth = await startAuth(t);
const { app } = auth;
const redis = auth.redisClient();
const client = await dpopClient(auth);
const signIn = (proof?: string | null, via = app) =>
  client.post('/auth/login', ADMIN, { via, ...(proof !== undefined && { proof }) });
const countKeys = async (pattern: string) => (await redis.keys(pattern)).length;

t.test(
  'a proof binds the access token to its key: with the key it gets in, and alone it is worth nothing',
  async (t) => {
    const response = await signIn();
    t.equal(response.statusCode, 200);
    const tokens = response.json<Tokens>();
    t.equal(tokens.token_type, 'DPoP');
    t.strictSame(decodeJwt(tokens.access_token).cnf, { jkt: client.jkt });
    const { access_token: accessToken } = tokens;
    t.equal((await client.get('/auth/me', { accessToken })).statusCode, 200);
    t.equal((await get(app, '/auth/me', accessToken)).statusCode, 401, 'as a Bearer token');
    const thief = await dpopClient(auth);
    t.equal((await thief.get('/auth/me', { accessToken })).statusCode, 401, 'with another key');
  },
);

t.test('without a proof the tokens are Bearer tokens', async (t) => {
  const tokens = await login(app);
  t.equal(tokens.token_type, 'Bearer');
  t.equal(decodeJwt(tokens.access_token).cnf, undefined);
});

t.test('a wrong proof is refused before the password costs anything', async (t) => {
  await redis.del(...(await redis.keys('{auth}:sign-in-attempts:*')), '-');
  const before = await countKeys('{auth}:session:*');
  const wrong = {
    'no text': '',
    'no JWS': 'proof',
    'another method': client.prove('GET', '/auth/login'),
    'another URL': client.prove('POST', '/auth/refresh'),
    'two proofs': `${client.prove('POST', '/auth/login')}, ${client.prove('POST', '/auth/login')}`,
  };
  for (const [name, proof] of Object.entries(wrong)) {
    for (const password of [ADMIN.password, 'a wrong password']) {
      const response = await client.post('/auth/login', { ...ADMIN, password }, { proof });
      t.equal(response.statusCode, 401, name);
      t.match(response.json(), { code: 'invalid_dpop_proof' }, name);
      t.match(response.headers['www-authenticate'], /^DPoP error="invalid_dpop_proof"/);
    }
  }
  t.equal(await countKeys('{auth}:sign-in-attempts:*'), 0, 'no attempt is counted');
  t.equal(await countKeys('{auth}:session:*'), before, 'no session has begun');
});

t.test('without the nonce of the server the answer has it, and the next proof works', async (t) => {
  const refused = await signIn(client.prove('POST', '/auth/login', { claims: { nonce: undefined } }));
  t.equal(refused.statusCode, 401);
  t.match(refused.json(), { code: 'use_dpop_nonce' });
  const nonce = String(refused.headers['dpop-nonce']);
  t.match(nonce, /^[A-Za-z0-9_-]{22}$/);
  t.equal(refused.headers['cache-control'], 'no-store');
  t.equal((await signIn(client.prove('POST', '/auth/login', { claims: { nonce } }))).statusCode, 200);
});

t.test('a proof that is too long is an invalid one, everywhere', async (t) => {
  const proofFor = (path: string) => client.prove('POST', path, { claims: { padding: 'x'.repeat(4_096) } });
  const atLogin = await signIn(proofFor('/auth/login'));
  t.equal(atLogin.statusCode, 401);
  t.match(atLogin.json(), { code: 'invalid_dpop_proof' });
  const form = { grant_type: 'refresh_token', client_id: 'swagger-ui', refresh_token: 'rt_unknown' };
  const atToken = await client.postForm('/oauth/token', form, { proof: proofFor('/oauth/token') });
  t.equal(atToken.statusCode, 400);
  t.match(atToken.json(), { error: 'invalid_dpop_proof' });
});

t.test('a proof begins one session, also at two processes at once', async (t) => {
  const other = await auth.another();
  const before = await countKeys('{auth}:session:*');
  const proof = client.prove('POST', '/auth/login');
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => signIn(proof, i % 2 === 0 ? app : other)),
  );
  const codes = answers.map(({ statusCode }) => statusCode).sort();
  t.same(codes, [200, 401, 401, 401, 401, 401]);
  t.equal(await countKeys('{auth}:session:*'), before + 1);
});

t.test('a wrong password leaves no proof in Redis: only an account can fill it', async (t) => {
  const before = await countKeys('{dpop}:*');
  const response = await client.post('/auth/login', { ...ADMIN, password: 'a wrong password' });
  t.match(response.json(), { code: 'invalid_credentials' });
  t.equal(await countKeys('{dpop}:*'), before);
});

t.test('with REQUIRE_DPOP there are no Bearer tokens', async (t) => {
  const strict = await auth.another({ REQUIRE_DPOP: 'true' });
  const unbound = await login(app);
  for (const [url, payload] of [
    ['/auth/login', ADMIN],
    ['/auth/refresh', { refresh_token: unbound.refresh_token }],
  ] as const) {
    const refused = await post(strict, url, payload);
    t.equal(refused.statusCode, 401, url);
    t.match(refused.json(), { code: 'invalid_dpop_proof' });
  }
  t.match((await signIn(undefined, strict)).json(), { token_type: 'DPoP' });
  const refreshed = await client.post(
    '/auth/refresh',
    { refresh_token: unbound.refresh_token },
    { via: strict },
  );
  t.match(refreshed.json(), { token_type: 'DPoP' }, 'the refusal did not consume the token');
});
