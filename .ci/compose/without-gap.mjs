import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './api-client.mjs';
import { documentedCommands } from './documented-commands.mjs';
import { steadyLoad } from './steady-load.mjs';

/** COMPOSE_CHECK_LONG=1 makes all changes a second time, with two processes of each service. */
const IS_LONG = process.env.COMPOSE_CHECK_LONG === '1';
const REQUESTS_PER_SECOND = IS_LONG ? 200 : 100;
const SESSIONS = 20;
const SERVICES = ['auth', 'customers'];

/** Makes each change by the commands of docs/operations.md, one after the other, while clients read, write and refresh. */
export async function changesWithoutGap({ docker, check, figure, call, ok, refused, refusedWithin }, admin) {
  const [replace] = documentedCommands('Replace processes without a gap');
  const [upgrade] = documentedCommands('Upgrade without a gap');
  const [scaleUp, scaleDown] = documentedCommands('Scale');
  const load = steadyLoad(await mixedRequests({ call, ok }, admin), REQUESTS_PER_SECOND);

  async function withoutFailure(name, change) {
    await check(`${name}: no request fails`, async () => {
      const [total, failed] = [load.total, load.failures.length];
      const start = Date.now();
      await change();
      const failures = load.failures.slice(failed);
      const seconds = ((Date.now() - start) / 1_000).toFixed(1);
      figure(`${name}: ${failures.length} of ${load.total - total} requests failed, in ${seconds} s`);
      assert.deepEqual(failures.filter(isGap), []);
    });
  }

  async function allReplicasServe(count) {
    await until(30_000, async () => {
      const since = new Date(Date.now() - 2_000).toISOString();
      const log = await docker.compose('logs', '--no-log-prefix', '--since', since, 'nginx');
      return new Set(log.match(/"upstream":"[0-9.]+:8080","upstream_status":"20/g)).size >= count;
    });
  }

  for (const count of IS_LONG ? [1, 2] : [1]) {
    if (count > 1) {
      const scale = SERVICES.flatMap((service) => ['--scale', `${service}=${count}`]);
      await docker.compose('up', '-d', '--no-recreate', '--wait', ...scale);
    }
    await withoutFailure('restart', () => docker.shell(replace));
    await withoutFailure('a version that does not become ready', () => undoesNeverReady(docker, replace));
    await withoutFailure('scale up', async () => {
      await docker.shell(scaleUp);
      await allReplicasServe(4); // three of customers, one of auth
    });
    await check('a sign-out reaches all three replicas', async () => {
      const leaving = await ok('POST', '/auth/login', { body: admin });
      assert.equal((await call('POST', '/auth/logout', { session: leaving })).status, 204);
      await refusedWithin(1_000, '/customers?n=1', leaving);
      for (let i = 0; i < 12; i++) await refused(401, 'GET', '/customers?n=1', { session: leaving });
    });
    await withoutFailure('scale down', () => docker.shell(scaleDown));
    await withoutFailure('image change', async () => {
      for (const service of SERVICES) await nextImage(docker, service);
      await docker.shell(upgrade);
      for (const { service, Config } of await docker.containers())
        if (SERVICES.includes(service)) assert.equal(Config.Labels.next, 'yes', service);
    });
  }
  await withoutFailure('the requests under way', load.stop);
  const busy = load.failures.filter(({ isOfService }) => isOfService).length;
  figure(
    `changes: ${load.failures.length} of ${load.total} requests failed, ${busy} of them in a busy process`,
  );
}

/** The time is shorter than the ten seconds after which a process listens in any case. */
async function undoesNeverReady(docker, replace) {
  const ids = async () => (await docker.containers()).map(({ Id }) => Id).sort();
  const before = await ids();
  const neverReady = 'export READY_SECONDS=5 COMPOSE_FILE="$COMPOSE_FILE:.ci/compose/never-ready.yml"\n';
  const { code, stderr } = await docker.shell(neverReady + replace).catch((error) => error);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /The old ones serve on\.\n$/);
  assert.deepEqual(await ids(), before);
}

/** A process that answers 503 is too busy on this machine. That it listens too early is the subject of a test of customers. */
function isGap({ isOfService }) {
  return IS_LONG || !isOfService;
}

/** Half of the requests are POST, which nginx never sends twice. Each session refreshes one token at a time. */
async function mixedRequests({ call, ok }, admin) {
  const login = () => ok('POST', '/auth/login', { body: admin });
  const session = await login();
  const idle = [];
  while (idle.length < SESSIONS) idle.push(await login());
  const me = () => call('GET', '/auth/me', { session });
  const refresh = async () => {
    const mine = idle.shift();
    if (mine === undefined) return me();
    const answer = await call('POST', '/auth/refresh', { body: { refresh_token: mine.refresh_token } });
    idle.push(answer.status === 200 ? answer.body : mine);
    return answer;
  };
  const body = { name: 'One of many', dob: '1900-01-01' };
  return [
    { name: 'list', request: () => call('GET', '/customers?n=5', { session }) },
    { name: 'refresh', request: refresh },
    { name: 'create', request: () => call('POST', '/customers', { body, session }) },
    { name: 'me', request: me },
  ];
}

/** Another image of the service, which its containers get when they are created. */
async function nextImage(docker, service) {
  const folder = mkdtempSync(join(tmpdir(), 'pair-image-'));
  const image = `pair-check-${service}-next`;
  try {
    writeFileSync(join(folder, 'Dockerfile'), `FROM pair-check-${service}\nLABEL next=yes\n`);
    await docker.run('build', '--quiet', '--tag', image, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
  docker.environment[`${service.toUpperCase()}_IMAGE`] = image;
}
