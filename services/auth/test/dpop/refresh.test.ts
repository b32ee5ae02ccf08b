import { waitFor } from '@pair/test-kit';
import { decodeJwt } from 'jose';
import t from 'tap';
import {
  ADMIN,
  get,
  login,
  makeUser,
  post,
  recordedEvents,
  startAuth,
  type Tokens,
} from '../support/auth-under-test.ts';
import { dpopClient } from '../support/dpop.ts';

const auth = await startAuth(t);
const { app } = auth;
const client = await dpopClient(auth);
const thief = await dpopClient(auth);

async function boundTokens(credentials = ADMIN): Promise<Tokens> {
  return (await client.post('/auth/login', credentials)).json<Tokens>();
}

const refresh = (refresh_token: string, owner = client, proof?: string | null) =>
  owner.post('/auth/refresh', { refresh_token }, proof === undefined ? {} : { proof });

t.test('a bound session goes on with its key', async (t) => {
  const first = await boundTokens();
  const response = await refresh(first.refresh_token);
  t.equal(response.statusCode, 200);
  const second = response.json<Tokens>();
  t.equal(second.token_type, 'DPoP');
  t.strictSame(decodeJwt(second.access_token).cnf, { jkt: client.jkt });
  t.equal((await client.get('/auth/me', { accessToken: second.access_token })).statusCode, 200);
  const repeated = await refresh(first.refresh_token);
  t.match(repeated.json(), { token_type: 'DPoP', refresh_token: second.refresh_token });
});

t.test('a stolen refresh token is worth nothing without the key, and its session goes on', async (t) => {
  const { id, credentials } = await makeUser(app, 'robbed');
  const first = await boundTokens(credentials);
  const { refresh_token: newest } = (await refresh(first.refresh_token)).json<Tokens>();
  for (const token of [first.refresh_token, newest]) {
    for (const answer of [await refresh(token, client, null), await refresh(token, thief)]) {
      t.equal(answer.statusCode, 401);
      t.match(answer.json(), { code: 'invalid_grant' });
    }
  }
  t.equal((await refresh(newest)).statusCode, 200, 'the user has not noticed anything');
  const { access_token: admin } = await login(app);
  const query = `user_id=${id}&event=refresh_token_without_key`;
  const items = await recordedEvents(app, admin, query);
  t.match(items, [{ outcome: 'refused', session_id: decodeJwt(first.access_token).sid }]);
  t.equal(items.length, 1, 'four uses from one address are one event');
  t.match(auth.logged(), 'refresh token without a proof of its key');
  t.notOk(auth.logged().includes(newest));
});

t.test('where a proof is required, a stolen refresh token without one is an event too', async (t) => {
  const strict = await auth.another({ REQUIRE_DPOP: 'true' });
  const { id, credentials } = await makeUser(app, 'robbed-strictly');
  const first = await boundTokens(credentials);
  const { refresh_token: newest } = (await refresh(first.refresh_token)).json<Tokens>();
  const unbound = await login(app, credentials);
  for (const refresh_token of [first.refresh_token, newest, unbound.refresh_token, 'rt_unknown']) {
    const answer = await client.post('/auth/refresh', { refresh_token }, { via: strict, proof: null });
    t.equal(answer.statusCode, 401);
    t.match(answer.json(), { code: 'invalid_dpop_proof' });
  }
  t.equal((await refresh(newest)).statusCode, 200, 'the user has not noticed anything');
  const { access_token: admin } = await login(app);
  const items = await recordedEvents(app, admin, `user_id=${id}&event=refresh_token_without_key`);
  t.match(items, [{ outcome: 'refused', session_id: decodeJwt(first.access_token).sid }]);
  t.equal(items.length, 1);
  t.equal((await post(app, '/auth/refresh', { refresh_token: unbound.refresh_token })).statusCode, 200);
});

t.test('where a proof is required, a thief who binds an unbound session is found out', async (t) => {
  const strict = await auth.another({ REQUIRE_DPOP: 'true' });
  const stolen = await login(app);
  const taken = await thief.post('/auth/refresh', { refresh_token: stolen.refresh_token }, { via: strict });
  t.equal(taken.statusCode, 200);
  const plainly = { via: strict, proof: null };
  const { refresh_token } = stolen;
  t.equal((await client.post('/auth/refresh', { refresh_token }, plainly)).statusCode, 401);
  t.equal((await refresh(taken.json<Tokens>().refresh_token, thief)).statusCode, 401, 'the session is over');
});

t.test('where a proof is required, a consumed refresh token ends an unbound session', async (t) => {
  const strict = await auth.another({ REQUIRE_DPOP: 'true', REFRESH_REPLAY_WINDOW_SECONDS: 0 });
  const first = await login(app);
  const { refresh_token: newest } = (
    await post(app, '/auth/refresh', { refresh_token: first.refresh_token })
  ).json<Tokens>();
  const plainly = (refresh_token: string) =>
    client.post('/auth/refresh', { refresh_token }, { via: strict, proof: null });
  t.match((await plainly(newest)).json(), { code: 'invalid_dpop_proof' });
  t.equal((await get(app, '/auth/me', first.access_token)).statusCode, 200, 'the newest is left alone');
  t.match((await plainly(first.refresh_token)).json(), { code: 'invalid_dpop_proof' });
  t.equal((await refresh(newest)).statusCode, 401, 'the session is over');
});

t.test('a reused refresh token ends its session, with the right key', async (t) => {
  const first = await boundTokens();
  const second = (await refresh(first.refresh_token)).json<Tokens>();
  const third = (await refresh(second.refresh_token)).json<Tokens>();
  t.equal((await refresh(first.refresh_token)).statusCode, 401);
  t.equal((await refresh(third.refresh_token)).statusCode, 401);
  const accessToken = third.access_token;
  t.equal((await client.get('/auth/me', { accessToken })).statusCode, 401);
});

t.test('no wrong proof and no used one consumes a refresh token', async (t) => {
  // without a replay window, a token that was consumed would end its session
  const strict = await auth.another({ REFRESH_REPLAY_WINDOW_SECONDS: 0 });
  const refreshStrictly = (refresh_token: string, proof: string) =>
    client.post('/auth/refresh', { refresh_token }, { via: strict, proof });
  const used = client.prove('POST', '/auth/refresh');
  const { refresh_token: first } = await boundTokens();
  const { refresh_token: token } = (await refreshStrictly(first, used)).json<Tokens>();
  const wrong: [string, string][] = [
    [used, 'invalid_dpop_proof'],
    [client.prove('POST', '/auth/login'), 'invalid_dpop_proof'],
    [client.prove('POST', '/auth/refresh', { claims: { nonce: 'unknown' } }), 'use_dpop_nonce'],
  ];
  for (const [proof, code] of wrong) {
    const answer = await refreshStrictly(token, proof);
    t.equal(answer.statusCode, 401);
    t.match(answer.json(), { code });
    t.match(answer.headers['www-authenticate'], `DPoP error="${code}"`);
  }
  t.equal((await refreshStrictly(token, client.prove('POST', '/auth/refresh'))).statusCode, 200);
});

t.test('a refresh token that auth has not issued leaves no used proof in Redis', async (t) => {
  const redis = auth.redisClient();
  const { refresh_token } = await boundTokens();
  const count = async () => (await redis.keys('{dpop}:*')).length;
  const before = await count();
  // the same session, and another secret
  const forged = `${refresh_token.slice(0, 40)}${'A'.repeat(66)}${refresh_token.slice(106)}`;
  for (const token of [forged, 'rt_unknown'])
    t.match((await refresh(token)).json(), { code: 'invalid_grant' });
  t.equal(await count(), before);
  t.equal((await refresh(refresh_token)).statusCode, 200);
  t.equal(await count(), before + 1);
});

t.test('an unbound session becomes bound by a refresh with a proof', async (t) => {
  const unbound = await login(app);
  const bound = (await refresh(unbound.refresh_token)).json<Tokens>();
  t.equal(bound.token_type, 'DPoP');
  t.equal((await post(app, '/auth/refresh', { refresh_token: bound.refresh_token })).statusCode, 401);
  t.equal((await refresh(bound.refresh_token, thief)).statusCode, 401);
  t.equal((await refresh(bound.refresh_token)).statusCode, 200);
  t.equal((await get(app, '/auth/me', unbound.access_token)).statusCode, 200, 'until it expires');
});

t.test('the list of sessions shows which of them are bound', async (t) => {
  const { credentials } = await makeUser(app, 'listed');
  const unbound = await login(app, credentials);
  const bound = await boundTokens(credentials);
  const { items } = (await get(app, '/auth/sessions', unbound.access_token)).json();
  t.strictSame(
    items.map((item: { id: string; dpop_bound: boolean }) => [item.id, item.dpop_bound]).sort(),
    [
      [decodeJwt(unbound.access_token).sid, false],
      [decodeJwt(bound.access_token).sid, true],
    ].sort(),
  );
});

t.test('a bound access token signs out with a proof, which works once', async (t) => {
  const [one, other] = [await boundTokens(), await boundTokens()];
  t.equal((await post(app, '/auth/logout', undefined, one.access_token)).statusCode, 401, 'no Bearer token');
  const proof = client.prove('POST', '/auth/logout', { accessToken: one.access_token });
  const signOut = (accessToken: string) => client.post('/auth/logout', undefined, { accessToken, proof });
  t.equal((await signOut(other.access_token)).statusCode, 401, 'the proof is for another token');
  t.equal((await signOut(one.access_token)).statusCode, 204);
  const repeated = await signOut(one.access_token);
  t.equal(repeated.statusCode, 401);
  t.match(repeated.json(), { code: 'invalid_dpop_proof' });
  t.equal((await refresh(one.refresh_token)).statusCode, 401, 'the session has ended');
  t.equal((await refresh(other.refresh_token)).statusCode, 200);
});

t.test('a bound refresh token signs out without a proof', async (t) => {
  const { refresh_token } = await boundTokens();
  t.equal((await post(app, '/auth/logout', { refresh_token })).statusCode, 204);
  t.equal((await refresh(refresh_token)).statusCode, 401);
});

t.test('signing out everywhere revokes bound tokens', async (t) => {
  const { credentials } = await makeUser(app, 'leaving');
  const { access_token: accessToken } = await boundTokens(credentials);
  t.equal((await client.post('/auth/logout-all', undefined, { accessToken })).statusCode, 204);
  const code = async () => (await client.get('/auth/me', { accessToken })).json().code;
  await waitFor(async () => (await code()) === 'invalid_token', 1_000);
});
