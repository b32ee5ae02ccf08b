import { setTimeout as delay } from 'node:timers/promises';
import { type Teardown, testNginx } from '@pair/test-kit';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { type Auth, createUsers, startAuth } from '../auth-process.ts';
import { type Customers, startCustomers } from '../customers-process.ts';
import { cpuOfComponents } from './components.ts';
import { COMPONENTS, type Component, type Cost } from './costs.ts';
import { LOADS, type Target } from './loads.ts';
import { simulate } from './simulate.ts';
import { KINDS, type Kind } from './usage.ts';

/**
 * Measures the CPU time that each component of the pair spends on a request of each kind, and the bytes that the stores
 * keep. Then it sends what the model says that so many users send in their busiest hour, all kinds at once, and compares
 * the CPU time with that of the model. Every request passes nginx. Takes three minutes; Linux only.
 */
const ROWS = 100_000;
const SECONDS = 8;
/** Requests a second that keep a component busy for about half of the time, beside the load generator on two cores. */
const RATES: Record<Kind, number> = {
  'sign-in': 30,
  refresh: 1_200,
  'sign-out': 200,
  'the 10 youngest': 4_000,
  'page of 20': 4_000,
  get: 4_000,
  create: 1_500,
  patch: 1_000,
};
const CHECKED_USERS = 10_000_000;
const CHECKED_SECONDS = 30;

const teardowns: (() => unknown)[] = [];
const t: Teardown = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };
try {
  const auth = await startAuth(t);
  const customers = await startCustomers(t, ROWS);
  const target = await behindNginx(auth, customers);
  const idle = await cpuDuring(() => delay(5_000));
  const idleFor = (seconds: number) => each((component) => (idle[component] * seconds) / 5);

  const costs = {} as Record<Kind, Cost>;
  for (const kind of KINDS) {
    const rate = RATES[kind];
    await (await LOADS[kind](target, rate, 1))(); // warms the code up
    const send = await LOADS[kind](target, rate, SECONDS);
    let count = 0;
    const cpu = await cpuDuring(async () => {
      count = await send();
    });
    costs[kind] = each((component) => Math.max(0, cpu[component] - idleFor(SECONDS)[component]) / count);
    print(kind, costs[kind]);
  }
  await printBytes(target, auth, customers.database);
  await check(target, costs, idleFor(CHECKED_SECONDS));
} finally {
  for (const teardown of teardowns) await teardown();
}

async function behindNginx(auth: Auth, customers: Customers): Promise<Target> {
  const ports = { auth: [portOf(auth.url)], customers: [portOf(customers.url)] };
  const { rows } = await customers.database.query('SELECT id FROM customers LIMIT 1000');
  return {
    url: await testNginx(t, ports, { isBehindBalancer: true }),
    users: await createUsers(auth.url, 20),
    authorization: customers.authorization,
    ids: rows.map(({ id }) => id as string),
  };
}

async function printBytes(target: Target, auth: Auth, database: pg.Client): Promise<void> {
  const redis = new Redis(auth.redisUrl);
  await redis.flushall();
  const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const before = await usedMemory();
  const sessions = await (await LOADS['sign-in'](target, 15, 30))();
  console.log(`bytes of a session: ${Math.round(((await usedMemory()) - before) / sessions)}`);
  redis.disconnect();
  const { rows } = await database.query(
    "SELECT pg_total_relation_size('customers') / count(*) AS bytes FROM customers",
  );
  console.log(`bytes of a customer: ${rows[0].bytes}`);
}

/** Compares the model with the requests of so many users. */
async function check(target: Target, costs: Record<Kind, Cost>, idle: Cost): Promise<void> {
  const hour = simulate(CHECKED_USERS);
  const sends = await Promise.all(
    KINDS.map((kind) => {
      const perSecond = hour[kind].reduce((sum, count) => sum + count, 0) / hour[kind].length;
      return LOADS[kind](target, perSecond, CHECKED_SECONDS);
    }),
  );
  let counts: number[] = [];
  const cpu = await cpuDuring(async () => {
    counts = await Promise.all(sends.map((send) => send()));
  });
  console.log(`\nCPU time in ms for a second of ${CHECKED_USERS.toLocaleString('en')} users`);
  const predicted = each((component) =>
    KINDS.reduce((sum, kind, i) => sum + (counts[i] ?? 0) * costs[kind][component], 0),
  );
  const measured = each((component) => cpu[component] - idle[component]);
  const toMs = 1_000 * CHECKED_SECONDS;
  print(
    'predicted',
    each((component) => predicted[component] / toMs),
  );
  print(
    'measured',
    each((component) => measured[component] / toMs),
  );
}

async function cpuDuring(work: () => Promise<unknown>): Promise<Cost> {
  const before = cpuOfComponents();
  await work();
  const after = cpuOfComponents();
  return each((component) => after[component] - before[component]);
}

function each(value: (component: Component) => number): Cost {
  return Object.fromEntries(COMPONENTS.map((component) => [component, value(component)])) as Cost;
}

function print(name: string, cost: Cost): void {
  console.log(
    `${name}: ${COMPONENTS.map((component) => `${component} ${Math.round(cost[component])}`).join(', ')}`,
  );
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
