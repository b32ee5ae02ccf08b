// Runs alone: it demands an answer to each request while processes are replaced under load.
import { setTimeout as delay } from 'node:timers/promises';
import { isLong, rounds, waitFor } from '@pair/test-kit';
import t from 'tap';
import { call, openApi } from './support/api.ts';
import { type ClusterService, clusterService } from './support/chart/cluster-service.ts';
import { RELEASE } from './support/chart/helm.ts';
import { containerOf, named } from './support/chart/objects.ts';
import { rendered } from './support/chart/rendered.ts';
import { Ledger } from './support/faults/ledger.ts';
import { startLoad } from './support/faults/load.ts';
import { isFailure, report } from './support/faults/report.ts';
import { addAdmin, type ServiceProcess, startSystem } from './support/system.ts';

type Service = 'auth' | 'customers';

/** In `npm test` a second of the chart is a quarter of a second. */
const SECOND_MS = rounds({ short: 250, long: 1_000 });
/** The time in which every node learns that a pod has come or ends: the chart must allow for more. */
const LAG_MS = 4 * SECOND_MS;
const REQUESTS_PER_SECOND = rounds({ short: 100, long: 200 });
const ROLLOUTS: Service[] = isLong()
  ? ['customers', 'auth', 'customers', 'auth', 'customers', 'auth']
  : ['customers', 'auth'];

t.setTimeout(600_000);
const { releases } = await rendered(t);
const [, objects = []] = releases[0] ?? [];
const services = new Map<Service, ClusterService>();
const conf: string = named(objects, 'ConfigMap', `${RELEASE}-gateway`).data['upstreams.conf'];
const system = await startSystem(t, {
  authProcesses: 2,
  customersProcesses: 2,
  nginx: {
    upstream: {
      server: /server \S+ (.+);/.exec(conf)?.[1] ?? '',
      rest: (/ keepalive [^}]+/.exec(conf)?.[0] ?? '').replaceAll(
        /(?<=keepalive_\w+ )(\d+)s/g,
        (_, seconds) => `${seconds * SECOND_MS}ms`,
      ),
    },
  },
  relay: async (name, ports) => {
    const service = await clusterService(t, ports);
    services.set(name, service);
    return [...conf.matchAll(new RegExp(`server ${RELEASE}-${name}:`, 'g'))].map(() => service.port);
  },
});
const pods = { auth: [...system.auth], customers: [...system.customers] };
const api = openApi(system.url);
t.teardown(() => api.agent.destroy());
// a user may have a hundred sessions only
const users = await Promise.all(Array.from({ length: 20 }, () => addAdmin(system.url)));

t.test('a rolling update by the numbers of the chart fails no request, and ends no session', async (t) => {
  const ledger = new Ledger();
  for (let i = 0; i < 50; i++)
    ledger.signedIn(await call(api, 'POST', '/auth/login', { body: users[i % users.length] ?? {} }));
  const load = startLoad({
    api,
    ledger,
    users,
    requestsPerSecond: REQUESTS_PER_SECOND,
    revokedWithinMs: () => 1_000,
  });
  t.teardown(load.stop);
  const ends: Promise<number>[] = [];
  let replaced = 0;
  for (const name of ROLLOUTS) {
    for (const pod of pods[name].splice(0)) {
      pods[name].push(await successor(name));
      ends.push(end(name, pod));
      replaced++;
    }
  }
  const drains = await Promise.all(ends);
  await delay(500);
  await load.stop();
  for (const line of report(load.observations)) t.comment(line);
  t.comment(
    `${replaced} pods replaced, ${load.observations.length} requests, drained in at most ${Math.max(...drains)} ms`,
  );
  t.same(load.observations.filter(isFailure), []);
  await ledger.check(api);
  // a busy machine may answer slowly; a request without an answer is a failure above
  t.same(
    ledger.violations.filter((violation) => !violation.includes('no answer')),
    [],
  );
});

/** Starts a pod, and resolves when the Deployment may end an old one. */
async function successor(name: Service): Promise<ServiceProcess> {
  const { spec } = named(objects, 'Deployment', `${RELEASE}-${name}`);
  const { startupProbe, readinessProbe } = containerOf({ spec });
  const pod = await system.start(name);
  for (const { httpGet } of [startupProbe, readinessProbe])
    await waitFor(
      async () => (await fetch(pod.url + httpGet.path).catch(() => undefined))?.ok === true,
      20_000,
    );
  const service = serviceOf(name);
  setTimeout(() => service.endpoints.push(portOf(pod)), LAG_MS * 0.9);
  await delay(spec.minReadySeconds * SECOND_MS);
  return pod;
}

/** Ends a pod as the kubelet does. Resolves with the time of its drain in ms. */
async function end(name: Service, pod: ServiceProcess): Promise<number> {
  const { spec } = named(objects, 'Deployment', `${RELEASE}-${name}`);
  const service = serviceOf(name);
  setTimeout(() => {
    service.endpoints = service.endpoints.filter((port) => port !== portOf(pod));
  }, LAG_MS);
  const { seconds } = containerOf({ spec }).lifecycle.preStop.sleep;
  await delay(seconds * SECOND_MS);
  const start = performance.now();
  if ((await pod.stop()) !== 0) throw new Error(pod.output());
  return Math.round(performance.now() - start);
}

function serviceOf(name: Service): ClusterService {
  const service = services.get(name);
  if (service === undefined) throw new Error(name);
  return service;
}

const portOf = (pod: ServiceProcess) => Number(new URL(pod.url).port);
