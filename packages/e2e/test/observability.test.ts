// Runs alone: it looks for alerts in a quiet system, and a busy machine is not quiet.
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, waitFor } from '@pair/test-kit';
import t, { type Test } from 'tap';
import {
  blockEventLoop,
  fillPasswordQueue,
  guessPasswords,
  lockCustomers,
  refuseInserts,
  reuseRefreshTokens,
  useAll,
  useTokenWithoutKey,
  weakenRedis,
} from './support/observability/faults.ts';
import { alerts, dashboards } from './support/observability/files.ts';
import { startStack } from './support/observability/stack.ts';
import { beginSession, type ServiceProcess, startSystem } from './support/system.ts';

const QUIET_MS = 8_000;
/** Another process may make the machine busy for a moment, and then reads are slow. */
const ATTEMPTS = 3;
/** Memory would have to leak, and three nodes to lose writes: `promtool test rules` alone checks these alerts. */
const NOT_PROVOKED = ['MemoryNearLimit', 'RedisLostWrites'];

const metricsPort = await freePort();
let stopNginx = async () => {};
const system = await startSystem(t, {
  customersProcesses: 2,
  isMeasured: true,
  nginx: {
    metricsPort,
    onStart: (stop) => {
      stopNginx = stop;
    },
  },
});
const portsOf = (processes: ServiceProcess[]) => processes.map((each) => each.metricsPort);
const stack = await startStack(t, {
  auth: portsOf(system.auth),
  customers: portsOf(system.customers),
  nginx: [metricsPort],
});

/** The alerts that have fired since the start. */
const fired = new Set<string>();
const ended = new AbortController();
t.teardown(() => ended.abort());
// until the first answers have arrived, Prometheus knows no gateway
await waitFor(async () => (await stack.query('up == 1')).length === 4 && (await stack.firing()).length === 0);
void watch();

async function watch(): Promise<void> {
  while (!ended.signal.aborted) {
    for (const name of await stack.firing().catch(() => [])) fired.add(name);
    await delay(200);
  }
}

/** Goes on with a fault until the alerts have fired. */
async function fires(t: Test, names: string[], fault: (isOver: () => boolean) => Promise<unknown>) {
  const start = performance.now();
  const isOver = () => names.every((name) => fired.has(name)) || performance.now() - start > 40_000;
  await fault(isOver);
  await waitFor(isOver, 41_000);
  for (const name of names) t.ok(fired.has(name), `${name} fires`);
  t.comment(`${names}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
}
t.test('in a quiet system no alert fires, and every query of the dashboards has an answer', async (t) => {
  for (let attempt = 1; attempt === 1 || (fired.size > 0 && attempt <= ATTEMPTS); attempt++) {
    fired.clear();
    await useAll(system, QUIET_MS);
  }
  for (const { title, panels } of dashboards()) {
    for (const { title: panel, targets = [] } of panels) {
      for (const { expr } of targets) {
        const series = await stack.query(expr.replaceAll('$__rate_interval', '5s'));
        t.ok(series.length > 0, `${title}: ${panel}: ${expr}`);
        t.notOk(
          series.some(({ value }) => value[1] === 'NaN'),
          `${title}: ${panel}: a number: ${JSON.stringify(series)}`,
        );
      }
    }
  }
  t.strictSame([...fired], []);
});

t.test('each alert fires for its fault', async (t) => {
  const { access_token } = await beginSession(system.url);
  const blocked = system.customers[1] as ServiceProcess;
  fired.clear();
  await refuseInserts(system);
  await fires(t, ['AuditEventsLost', 'TokenReused', 'ManyTokensReused'], () =>
    reuseRefreshTokens(system, 25),
  );
  await fires(t, ['TokenWithoutKey'], () => useTokenWithoutKey(system));
  await Promise.all([
    fires(t, ['SignInsRefused', 'ClientsThrottled'], (isOver) => guessPasswords(system, isOver)),
    fires(t, ['EventLoopBlocked'], (isOver) => blockEventLoop(blocked, isOver)),
  ]);
  await fires(t, ['PasswordQueueFull'], (isOver) => fillPasswordQueue(system, isOver));
  await fires(t, ['RedisUnsafe'], () => weakenRedis(system));
  await Promise.all([
    fires(t, ['RevocationFeedLate', 'ServiceNotReady', 'ServiceUnstable', 'AnswersUnavailable'], () =>
      system.redis.stop(),
    ),
    fires(t, ['PoolExhausted', 'ReadsAreSlow', 'ErrorBudgetBurnsFast'], () =>
      lockCustomers(system, access_token, 10),
    ),
  ]);
  await fires(t, ['ProcessAway', 'GatewayAway'], () => Promise.all([blocked.stop(), stopNginx()]));
  await fires(
    t,
    ['NoNextSigningKey', 'SigningKeysNotLoaded', 'ErrorBudgetBurnsSlowly', 'NoNewNonce'],
    async () => {},
  );
  const names = alerts().map(({ name }) => name);
  t.strictSame([...fired].sort(), names.filter((name) => !NOT_PROVOKED.includes(name)).sort());
});

t.test('Alertmanager has a group for each severity', async (t) => {
  // Prometheus sends an alert a moment after it fires
  await waitFor(async () => {
    const { page, ticket } = await stack.notifications();
    return Boolean(page?.includes('GatewayAway') && ticket?.includes('ProcessAway'));
  });
  const bySeverity = await stack.notifications();
  t.strictSame(Object.keys(bySeverity).sort(), ['page', 'ticket']);
});
