import { setTimeout as delay } from 'node:timers/promises';
import { freePort, testReplicas, waitFor } from '@pair/test-kit';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { boundSystem } from './support/bound-system.ts';

/** A failover, and five seconds until one replica suffices. */
const LIMIT_MS = 25_000;
/** The time for which the primary answers without a replica, before it is killed. */
const CUT_MS = 700;
const PAUSE_MS = 5;

const lab = await testReplicas(t);
const clients = new Map(
  lab.servers.map(({ port }) => {
    const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 100 });
    client.on('error', () => {}); // the server is killed
    t.teardown(() => client.disconnect());
    return [port, client];
  }),
);

t.test('without the barrier a failover lets used proofs in again: the control', async (t) => {
  const { accepted, again } = await acceptedTwice(t, 0);
  t.ok(again > 0, `${again} of ${accepted} proofs`);
  t.comment(`${again} of ${accepted} proofs got in again`);
});

t.test('with REDIS_REPLICAS=2 no proof that was accepted gets in again after a failover', async (t) => {
  const { accepted, again } = await acceptedTwice(t, 2);
  t.ok(accepted >= 20, `${accepted} proofs`);
  t.equal(again, 0);
  t.comment(`${accepted} proofs`);
});

/** Uses proofs before and during a failover, and all that were accepted once more afterwards. */
async function acceptedTwice(t: Test, replicas: number): Promise<{ accepted: number; again: number }> {
  await lab.inSync();
  // the barrier alone is tested, so an isolated primary must take writes
  await onAll((client) => client.config('SET', 'min-replicas-to-write', '0'));
  const settings = { DPOP_REDIS_URL: lab.url, REDIS_REPLICAS: replicas };
  const { prove, send } = await boundSystem(t, 1, { settings });
  const settled = async (proof: string) => {
    let status = 503;
    await waitFor(async () => {
      ({ statusCode: status } = await send(proof));
      return status !== 503;
    }, LIMIT_MS);
    return status;
  };
  const works = () => waitFor(async () => (await send(prove())).statusCode === 200, LIMIT_MS);
  await works();

  const accepted: string[] = [];
  let isOver = false;
  const load = async () => {
    while (!isOver) {
      const proof = prove();
      if ((await send(proof)).statusCode === 200) accepted.push(proof);
      await delay(PAUSE_MS);
    }
  };
  const loading = load();
  await waitFor(() => accepted.length >= 20, LIMIT_MS);
  await isolateAndKill();
  isOver = true;
  await loading;
  await works();
  let again = 0;
  for (const proof of accepted) if ((await settled(proof)) === 200) again += 1;
  return { accepted: accepted.length, again };
}

/** The replicas lose their primary, which goes on for a moment, and is killed. Later it returns as a replica. */
async function isolateAndKill(): Promise<void> {
  const primary = await lab.primary();
  const nowhere = await freePort();
  await onAll((client, port) => (port === primary.port ? undefined : client.replicaof('127.0.0.1', nowhere)));
  await delay(CUT_MS);
  await primary.kill();
  await waitFor(async () => (await lab.primary()).port !== primary.port, LIMIT_MS);
  await primary.start();
  await lab.rejoin(primary);
}

async function onAll(work: (client: Redis, port: number) => Promise<unknown> | undefined): Promise<void> {
  await Promise.all([...clients].map(([port, client]) => work(client, port)));
}
