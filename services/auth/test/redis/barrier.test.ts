import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SCOPES } from '@pair/access-token';
import { buildProcess } from '@pair/service-kit';
import { metricsOf, rounds, testProxy, testRedis, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t from 'tap';
import { FIRST_PARTY } from '../../src/clients/client.ts';
import { authService } from '../../src/index.ts';
import { decodeRefreshToken, encodeRefreshToken, newSession } from '../../src/sessions/refresh-token.ts';
import { get, login, makeUser, post, recordedEvents, startAuth } from '../support/auth-under-test.ts';

/** A replica gets each write late, so that an answer that does not wait for it comes before it. */
const LATE_MS = 20;

const primary = await testRedis(t, { args: ['--min-replicas-to-write', '1'] });
const link = await testProxy(t, primary.port);
link.delayMs = LATE_MS;
const replica = await testRedis(t, { args: ['--replicaof', '127.0.0.1', String(link.port)] });
const [onPrimary, onReplica] = [primary, replica].map(({ url }) => new Redis(url)) as [Redis, Redis];
t.teardown(() => {
  for (const client of [onPrimary, onReplica]) client.disconnect();
});
const { app, another, within, config, logged } = await startAuth(t, {
  REDIS_URL: primary.url,
  REDIS_REPLICAS: 1,
});
const { sessions } = within;
const begin = async (userId: string = randomUUID()) => {
  const origin = { address: '192.0.2.1', userAgent: 'a browser' };
  const { refreshToken } = await sessions.create({ id: userId, scopes: SCOPES }, FIRST_PARTY.id, origin);
  return refreshToken;
};
const refresh = (refresh_token: string) => post(app, '/auth/refresh', { refresh_token });
const logout = (refresh_token: string) => post(app, '/auth/logout', { refresh_token });
const sidOf = (token: string) => decodeRefreshToken(token)?.sid;

/** Runs the work while the replica confirms nothing. */
async function withoutReplica(work: () => Promise<unknown>): Promise<void> {
  replica.pause();
  await work();
  replica.resume();
  await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
}

t.test(
  'scripts that Redis forgets under load cost no request, and each answer is on the replica',
  async (t) => {
    let isOver = false;
    const forgetting = (async () => {
      while (!isOver) {
        await onPrimary.script('FLUSH');
        await delay(5);
      }
    })();
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        let token = await begin();
        for (let rotation = 1; rotation <= rounds({ short: 15, long: 500 }); rotation++) {
          const response = await refresh(token);
          const kept = await onReplica.hget(`{auth}:session:${sidOf(token)}`, 'generation');
          t.equal(response.statusCode, 200);
          t.equal(Number(kept), rotation);
          token = response.json().refresh_token;
        }
      }),
    );
    isOver = true;
    await forgetting;
  },
);

t.test('a primary that refuses writes, and has forgotten the scripts, costs only 503', async (t) => {
  const tokens = await Promise.all(Array.from({ length: 20 }, () => begin()));
  await onPrimary.config('SET', 'min-replicas-to-write', '2');
  const statuses = new Set<number>();
  for (let round = 0; round < 10; round++) {
    await onPrimary.script('FLUSH');
    const answers = await Promise.all(tokens.flatMap((token) => [refresh(token), logout(token)]));
    for (const { statusCode } of answers) statuses.add(statusCode);
  }
  await onPrimary.config('SET', 'min-replicas-to-write', '1');
  t.strictSame([...statuses], [503]);
  await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
  for (const token of tokens) t.equal((await refresh(token)).statusCode, 200);
});

t.test('a repeated sign-out, whose session has ended already, waits for the replica too', async (t) => {
  const token = await begin();
  await withoutReplica(async () => {
    t.equal((await logout(token)).statusCode, 503);
    t.equal((await logout(token)).statusCode, 503);
  });
  t.equal((await logout(token)).statusCode, 204);
  t.equal(await onReplica.exists(`{auth}:session:${sidOf(token)}`), 0);
});

t.test('a primary that may have been replaced says nothing negative', async (t) => {
  // to this primary it is unknown; a newer one could know it
  const unknown = encodeRefreshToken(newSession());
  await withoutReplica(async () => {
    t.equal((await refresh(unknown)).statusCode, 503);
    t.equal((await logout(unknown)).statusCode, 503);
    await t.rejects(sessions.find(newSession()), { name: 'StoreUnavailable' });
    await t.rejects(sessions.findByCode({ sid: newSession().sid, secret: Buffer.alloc(32) }), {
      name: 'StoreUnavailable',
    });
  });
  t.equal((await refresh(unknown)).statusCode, 401);
  t.equal(await sessions.find(newSession()), undefined);
});

t.test(
  'after a time without replicas no process ends a session whose rotation was unconfirmed',
  async (t) => {
    const oneSecond = { REFRESH_REPLAY_WINDOW_SECONDS: 1 };
    const [first, second] = [await another(oneSecond), await another(oneSecond)];
    const refreshAt = (process: typeof app, refresh_token: string) =>
      post(process, '/auth/refresh', { refresh_token });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => begin()));
    replica.pause();
    await waitFor(async () => (await second.inject('/readyz')).statusCode === 503);
    for (const { statusCode } of await Promise.all(tokens.map((token) => refreshAt(first, token))))
      t.equal(statusCode, 503);
    await onPrimary.config('SET', 'min-replicas-to-write', '2');
    replica.resume();
    await delay(1_050); // the windows must end
    await Promise.all([
      onPrimary.config('SET', 'min-replicas-to-write', '1'),
      ...tokens.map(async (token) => {
        let status = 503;
        await waitFor(async () => {
          status = (await refreshAt(second, token)).statusCode;
          return status !== 503;
        });
        t.equal(status, 200);
      }),
    ]);
    await Promise.all([first.close(), second.close()]);
  },
);

t.test('the audit has an end of a session, although its answer was 503', async (t) => {
  const { access_token } = await login(app);
  const { id, credentials } = await makeUser(app, 'robbed');
  const [stolen, listed] = [await login(app, credentials), await login(app, credentials)];
  const second = (await refresh(stolen.refresh_token)).json();
  await refresh(second.refresh_token);
  const leaving = await begin(id);
  await withoutReplica(async () => {
    t.equal((await refresh(stolen.refresh_token)).statusCode, 503);
    t.equal((await logout(leaving)).statusCode, 503);
    const everywhere = await post(app, '/auth/logout-all', undefined, listed.access_token);
    t.equal(everywhere.statusCode, 503);
  });
  t.equal((await refresh(stolen.refresh_token)).statusCode, 401, 'the session has ended');
  await logout(leaving);
  const eventsOf = (event: string) => recordedEvents(app, access_token, `user_id=${id}&event=${event}`);
  t.match(await eventsOf('refresh_token_reused'), [
    { outcome: 'refused', session_id: sidOf(stolen.refresh_token) },
  ]);
  t.match(await eventsOf('sign_out'), [{ outcome: 'succeeded', session_id: sidOf(leaving) }]);
  t.match(await eventsOf('sign_out_everywhere'), [{ outcome: 'succeeded' }]);
});

t.test('a smaller fence ends all sessions and all access tokens, in the log and a metric', async (t) => {
  const measured = await buildProcess(
    { LOG_LEVEL: 'info', TRUSTED_PROXIES: [], CORS_ORIGINS: [], METRICS_PORT: 0 },
    [authService(config)],
    { logStream: { write: () => {} } },
  );
  t.teardown(() => measured.close());
  await measured.ready();
  await waitFor(async () => (await measured.inject('/readyz')).statusCode === 200);
  const losses = async () => (await metricsOf(measured))('auth_redis_losses_total');
  t.equal(await losses(), 0);
  const before = await login(app);
  const epoch = await sessions.epoch();
  const reports = () => logged().split('Redis has lost confirmed writes').length - 1;
  const refusals = async () => {
    const stats = await onPrimary.info('commandstats');
    return Number(/^cmdstat_unlink:.*rejected_calls=(\d+)/m.exec(stats)?.[1] ?? 0);
  };
  await onPrimary.acl('SETUSER', 'default', '-unlink');
  await onPrimary.set('{auth}:fence', 0);
  await waitFor(async () => (await losses()) === 1);
  await waitFor(async () => (await refusals()) >= 6);
  t.equal(await losses(), 1, 'attempts to end the sessions are repeated, but it is one loss');
  t.equal(reports(), 1);
  await onPrimary.acl('SETUSER', 'default', '+unlink');
  await waitFor(async () => (await refresh(before.refresh_token)).statusCode === 401);
  await waitFor(async () => (await get(app, '/auth/me', before.access_token)).statusCode === 401);
  t.not(await sessions.epoch(), epoch);
  await waitFor(async () => {
    const { access_token } = await login(app);
    return (await get(app, '/auth/me', access_token)).statusCode === 200;
  });
});
