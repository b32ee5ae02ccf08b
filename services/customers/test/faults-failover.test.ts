import { setTimeout as delay } from 'node:timers/promises';
import {
  isWithin,
  mintClaims,
  PRODUCTION_LIMITS,
  type TestServer,
  testReplicas,
  waitFor,
} from '@pair/test-kit';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { customersDatabase } from './support/database.ts';
import { answers200 } from './support/faults.ts';
import { customersProcess, ready } from './support/service.ts';

const STALENESS_SECONDS = 8;
const LIMIT_MS = 25_000;
const PAUSE_MS = 10;

t.test(
  'beside an old primary a revoked token is accepted up to the staleness bound, then 503, and never again',
  async (t) => {
    // as docs/operations.md advises, so that the old primary refuses writes before another one exists
    const lab = await testReplicas(t, { users: ['near', 'far'], downAfterMs: 3_000 });
    const { url: databaseUrl } = await customersDatabase(t);
    const old = await lab.primary();
    const node = lab.servers.indexOf(old);
    const others = [0, 1, 2].filter((each) => each !== node);
    const onOld = connected(t, old);
    await onOld.set('{auth}:epoch', 'test-epoch');

    const start = (user: string) =>
      customersProcess(
        t,
        { databaseUrl, redisUrl: lab.urlOf(user) },
        {
          REDIS_REPLICAS: 2,
          REDIS_SENTINEL_USERNAME: user,
          REDIS_SENTINEL_PASSWORD: 'none',
          REVOCATION_MAX_STALENESS_SECONDS: STALENESS_SECONDS,
        },
        PRODUCTION_LIMITS,
      );
    const [near, far] = await Promise.all([start('near'), start('far')]);
    await Promise.all([near, far].map(({ app }) => ready(app)));
    const signedOut = mintClaims({ sid: 'signed-out' });
    const tokens = await Promise.all([near, far].map(({ key }) => key.sign(signedOut)));
    const statusAt = async (service: typeof near, token = '') =>
      (await service.send('GET', '/customers?n=5', { token })).statusCode;

    lab.network.cut(
      [`node${node}`, `sentinel${node}`, 'far'],
      [...others.flatMap((each) => [`node${each}`, `sentinel${each}`]), 'near'],
    );
    await waitFor(async () => (await lab.primary()) !== old, LIMIT_MS);
    const onNext = connected(t, await lab.primary());
    await answers200(near, LIMIT_MS);
    const until = Math.ceil(Date.now() / 1_000) + 665;
    await waitFor(
      () => onNext.xadd('{auth}:revocations', '*', 'sid', 'signed-out', 'until', until),
      LIMIT_MS,
    );
    const revokedAt = performance.now();
    await waitFor(async () => (await statusAt(near, tokens[0])) === 401, 1_000);

    const changes: { status: number; afterMs: number }[] = [];
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        const status = await statusAt(far, tokens[1]);
        if (status !== changes.at(-1)?.status)
          changes.push({ status, afterMs: performance.now() - revokedAt });
        await delay(PAUSE_MS);
      }
    })();
    await waitFor(() => changes.at(-1)?.status === 503, LIMIT_MS);
    await delay(2_000);
    lab.network.heal();
    await waitFor(() => changes.at(-1)?.status === 401, LIMIT_MS);
    isOver = true;
    await watching;
    t.strictSame(changes.map(({ status }) => status).slice(-2), [503, 401]);
    t.notOk(changes.slice(1).some(({ status }) => status === 200));
    const [refusedMs = 0] = changes.filter(({ status }) => status === 503).map(({ afterMs }) => afterMs);
    t.ok(isWithin(refusedMs, (STALENESS_SECONDS + 1) * 1_000), `refused after ${Math.round(refusedMs)} ms`);
    t.comment(JSON.stringify(changes));
    await answers200(far);
  },
);

function connected(t: Test, { url }: TestServer): Redis {
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  return client;
}
