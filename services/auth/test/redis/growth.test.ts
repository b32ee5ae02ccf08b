import { REVOCATION_RETENTION_SECONDS } from '@pair/access-token';
import t from 'tap';
import { ABSOLUTE_LIMIT_MS, IDLE_LIMIT_MS } from '../../src/sessions/session-record.ts';
import { ADMIN, get, login, makeUser, patch, post, startAuth } from '../support/auth-under-test.ts';
import { addClient, removeClient } from '../support/clients.ts';
import { revoke } from '../support/commands.ts';
import { dpopClient } from '../support/dpop.ts';
import { authorize, postForm, redeem } from '../support/oauth.ts';

/** One each: the name of the data, and the stream, which is trimmed at each entry. */
const WITHOUT_END = ['{auth}:epoch', '{auth}:revocations'];
/** A session outlives its idle limit until its last access token has expired. */
const LONGEST_MS = IDLE_LIMIT_MS + REVOCATION_RETENTION_SECONDS * 1_000;

const auth = await startAuth(t);
const { app, config, redisClient } = auth;
const redis = redisClient();
const { access_token: admin } = await login(app);

t.test('a session of a removed client cannot be used, and leaves after its idle limit', async (t) => {
  const client = { client_id: 'removed', redirect_uri: 'https://removed.example/', scope: '' };
  await addClient(config.DATABASE_URL, {
    id: client.client_id,
    isPublic: true,
    grants: ['authorization_code', 'refresh_token'],
    redirectUris: [client.redirect_uri],
  });
  const { refresh_token } = (await redeem(app, await authorize(app, client), client)).json();
  const { items } = (await get(app, '/auth/sessions', (await login(app)).access_token)).json();
  const { id: sid } = items.find((one: { client_id: string }) => one.client_id === client.client_id);
  await removeClient(config.DATABASE_URL, client.client_id);
  const form = { grant_type: 'refresh_token', client_id: client.client_id, refresh_token };
  t.equal((await postForm(app, '/oauth/token', form)).statusCode, 401);
  const leftMs = await redis.pttl(`{auth}:session:${sid}`);
  t.ok(leftMs > 0 && leftMs <= LONGEST_MS && leftMs < ABSOLUTE_LIMIT_MS);
});

t.test('every key that a request leaves in Redis has an end', async (t) => {
  const { id, credentials } = await makeUser(app, 'busy', 'customers:read');
  const wrong = { ...credentials, password: 'not the password' };
  for (let i = 0; i < 11; i++) await post(app, '/auth/login', wrong);
  const sessions = [await login(app, ADMIN), await login(app, ADMIN), await login(app, ADMIN)];
  await post(app, '/auth/refresh', { refresh_token: sessions[0]?.refresh_token });
  await post(app, '/auth/logout', undefined, sessions[1]?.access_token);
  await (await dpopClient(auth)).post('/auth/login', ADMIN);
  await authorize(app); // a code that no client redeems
  const tokens = (await redeem(app, await authorize(app))).json();
  await postForm(app, '/oauth/revoke', { token: tokens.access_token, client_id: 'swagger-ui' });
  await patch(app, `/auth/users/${id}`, { disabled: true }, admin);
  await revoke(config, 'all');
  const kinds = new Set<string>();
  for (const key of await redis.keys('*')) {
    const leftMs = await redis.pttl(key);
    if (WITHOUT_END.includes(key)) t.equal(leftMs, -1, key);
    else t.ok(leftMs > 0 && leftMs <= LONGEST_MS, `${key} ends in ${leftMs} ms`);
    kinds.add(key.replace(/^(\{(?:auth|dpop)\}:[a-z-]+):.*?(:[a-z]+)?$/, '$1$2'));
  }
  t.same(
    [...kinds].sort(),
    [
      ...WITHOUT_END,
      '{auth}:nonce',
      '{auth}:readiness',
      '{auth}:revocations-by',
      '{auth}:revoked',
      '{auth}:session',
      '{auth}:sign-in-attempts',
      '{auth}:sign-in-attempts:refused',
      '{auth}:sign-ins-of',
      '{auth}:user:changed',
      '{auth}:user:sessions',
      '{dpop}:auth',
    ].sort(),
    'a key of another kind must stand in docs/operations.md too',
  );
});
