#!/usr/bin/env node
/**
 * Builds the images and uses the composed system as its users and operators do. Needs a Docker engine and
 * `docker compose`. Uses its own project, port and image names, and removes the project afterwards. The last line is
 * `N passed, N failed`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACL_ATTEMPTS } from './compose/acl-attempts.mjs';
import { apiClient, until } from './compose/api-client.mjs';
import { besideBusyLoops } from './compose/busy-loops.mjs';
import { Docker } from './compose/docker.mjs';
import { documentedCommands } from './compose/documented-commands.mjs';
import { freePort } from './compose/free-port.mjs';
import { threeNodes } from './compose/three-nodes.mjs';
import { changesWithoutGap } from './compose/without-gap.mjs';

const newman = createRequire(new URL('../packages/e2e/package.json', import.meta.url))('newman');
const SERVICES = ['postgres', 'redis', 'auth', 'customers', 'nginx'];
const PEOPLE = [
  ['Ada', '1815-12-10'],
  ['Zoë “the quick” O’Neil', '2011-03-04'],
  ['Grace', '1906-12-09'],
  ['李小龍', '1940-11-27'],
  ['Émilie', '1999-12-31'],
  ['Alan', '1912-06-23'],
  ['Katherine', '2018-08-26'],
];

const port = await freePort();
const url = `http://localhost:${port}`;
const api = apiClient(url);
const { call, ok, refused, refusedWithin } = api;
const docker = new Docker({
  COMPOSE_PROJECT_NAME: `pair-check-${process.pid}`,
  GATEWAY_PORT: String(port),
  AUTH_IMAGE: 'pair-check-auth',
  CUSTOMERS_IMAGE: 'pair-check-customers',
  ADMIN_PASSWORD: '',
  ISSUER: '',
});
const count = { passed: 0, failed: 0 };
const figures = [];
const system = { docker, check, figure, url, ...api };
let admin;
let session;
let customer;

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end(1));

try {
  await check('the images build', () => timed('build', buildOneAfterTheOther));
  await check('docker compose up needs no preparation', () => timed('first up', up));
  if (count.failed === 0) await drive();
} finally {
  await end(count.failed > 0 ? 1 : 0);
}

async function drive() {
  await check('the front page is public, and health checks are not', async () => {
    for (const path of ['/', '/docs/']) {
      const page = await fetch(url + path);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /href="\/docs\/auth"/);
    }
    for (const path of ['/livez', '/readyz', '//readyz', '/customers/%2e%2e/livez'])
      await refused(404, 'GET', path);
  });
  await check('GET /status says only that both services are up', async () => {
    assert.deepEqual(await status(), { auth: 'up', customers: 'up' });
  });
  await check('both services have a Swagger UI, and a document with the version of their image', async () => {
    for (const name of ['auth', 'customers']) {
      assert.equal((await fetch(`${url}/docs/${name}`)).status, 200);
      const document = await (await fetch(`${url}/docs/${name}/json`)).json();
      assert.equal(document.openapi.slice(0, 3), '3.1');
      const [image] = JSON.parse(await docker.run('image', 'inspect', `pair-check-${name}`));
      assert.equal(document.info.version, image.Config.Labels['org.opencontainers.image.version']);
    }
  });
  await check(
    'the documented command shows the generated password of the first admin; no log does',
    async () => {
      const password = await docker.secret('admin-password');
      assert.match(password, /^[A-Za-z0-9_-]{20}$/);
      admin = { username: 'admin', password };
      assert.ok(!(await docker.compose('logs')).includes(password));
    },
  );
  await signsInAndOut();
  await standardClients();
  await isolation();
  await survivesChange();
  await comesBackFromABackup();
  await startsOnABusyMachine();
  await docker.compose('down', '--volumes');
  await threeNodes(system);
}

async function standardClients() {
  const clients = (...args) => authCommand('clients', ...args);
  await check('a client that an operator adds gets tokens, until the operator removes it', async () => {
    const output = await clients(
      'add',
      'machine',
      '--grant',
      'client_credentials',
      '--scope',
      'customers:read',
    );
    const [, secret] = /secret\b[^:\n]*: (\S+)/i.exec(output) ?? [];
    const metadata = await ok('GET', '/.well-known/oauth-authorization-server');
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const headers = { authorization: `Basic ${Buffer.from(`machine:${secret}`).toString('base64')}` };
    const token = () => fetch(metadata.token_endpoint, { method: 'POST', body, headers });
    const tokens = await (await token()).json();
    await ok('GET', '/customers?n=1', { session: tokens });
    await clients('remove', 'machine');
    assert.equal((await token()).status, 401);
  });
  await check('the Postman collection that the gateway serves runs from top to bottom', async () => {
    const download = async (name) => (await fetch(`${url}/docs/${name}`)).json();
    const collection = await download('postman.json');
    const environment = await download('postman-environment.json');
    const envVar = Object.entries({ base_url: url, ...admin }).map(([key, value]) => ({ key, value }));
    const { failures, stats } = await new Promise((resolve, reject) => {
      newman.run({ collection, environment, envVar, reporters: [] }, (error, { run } = {}) =>
        error ? reject(error) : resolve(run),
      );
    });
    assert.deepEqual(
      failures.map(({ source, error }) => `${source.name}: ${error.message}`),
      [],
    );
    figures.push(`Postman: ${stats.requests.total} requests, ${stats.assertions.total} assertions`);
  });
}

async function signsInAndOut() {
  await check('a user signs in, and the issuer is the URL of the gateway', async () => {
    session = await ok('POST', '/auth/login', { body: admin });
    const claims = JSON.parse(Buffer.from(session.access_token.split('.')[1], 'base64url'));
    assert.deepEqual([claims.iss, claims.aud], [url, url]);
  });
  await check('new customers appear among the youngest, in order', async () => {
    for (const [name, dob] of PEOPLE)
      customer = await ok('POST', '/customers', { body: { name, dob }, session });
    const { items } = await ok('GET', '/customers?n=3', { session });
    const youngest = [...PEOPLE].sort(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, 3);
    assert.deepEqual(
      items.map(({ name, dob }) => [name, dob]),
      youngest,
    );
  });
  await check('an import takes a file longer than any other body, and an export returns it', async () => {
    const headers = { authorization: `Bearer ${session.access_token}`, 'content-type': 'text/csv' };
    const lines = Array.from({ length: 2_000 }, (_, i) => `Imported ${i},1700-01-01\r\n`);
    const body = `name,dob\r\n${lines.join('')}`;
    const imported = await fetch(`${url}/customers/import`, { method: 'POST', headers, body });
    assert.deepEqual([imported.status, (await imported.json()).created], [200, 2_000]);
    let exported;
    await until(5_000, async () => {
      exported = await fetch(`${url}/customers/export?name=imported&sort=name`, { headers });
      return exported.status !== 503; // a busy machine may answer 503
    });
    assert.equal((await exported.text()).split('\r\n').length, 1 + 2_000 + 1);
  });
  await check(
    'a repeated refresh gets the same successor; an older token ends the session everywhere',
    async () => {
      const stolen = await ok('POST', '/auth/login', { body: admin });
      const first = await ok('POST', '/auth/refresh', { body: { refresh_token: stolen.refresh_token } });
      const again = await ok('POST', '/auth/refresh', { body: { refresh_token: stolen.refresh_token } });
      assert.equal(again.refresh_token, first.refresh_token);
      const next = await ok('POST', '/auth/refresh', { body: { refresh_token: first.refresh_token } });
      await ok('GET', '/customers?n=1', { session: next });
      await refused(401, 'POST', '/auth/refresh', { body: { refresh_token: stolen.refresh_token } });
      await refused(401, 'POST', '/auth/refresh', { body: { refresh_token: next.refresh_token } });
      await refusedWithin(1_000, '/customers?n=1', next);
      await refusedWithin(1_000, '/auth/me', stolen);
    },
  );
  await check('after a sign-out both services refuse the access token within a second', async () => {
    const leaving = await ok('POST', '/auth/login', { body: admin });
    await ok('GET', '/auth/me', { session: leaving });
    assert.equal((await call('POST', '/auth/logout', { session: leaving })).status, 204);
    await refusedWithin(1_000, '/customers?n=1', leaving);
    await refusedWithin(1_000, '/auth/me', leaving);
    await refused(401, 'POST', '/auth/refresh', { body: { refresh_token: leaving.refresh_token } });
  });
  await check('a refusal by nginx itself is a problem document, with the request id in the log', async () => {
    const problem = await refused(413, 'POST', '/customers', { body: { name: 'x'.repeat(20_000) }, session });
    await refused(405, 'POST', '/');
    assert.ok((await docker.compose('logs', 'nginx')).includes(problem.request_id));
  });
}

async function isolation() {
  const containers = await docker.containers();
  await check('only nginx publishes a port, on loopback', async () => {
    for (const { service, HostConfig } of containers) {
      const published = Object.values(HostConfig.PortBindings ?? {}).flat();
      assert.deepEqual(
        published,
        service === 'nginx' ? [{ HostIp: '127.0.0.1', HostPort: `${port}` }] : [],
        service,
      );
    }
  });
  await check('the profile observe is valid, and nothing of it runs without the profile', async () => {
    const servicesOf = async (...args) =>
      (await docker.compose(...args, 'config', '--services')).trim().split('\n').sort();
    const added = new Set(await servicesOf('--profile', 'observe'));
    for (const service of await servicesOf()) added.delete(service);
    assert.deepEqual([...added], ['alertmanager', 'grafana', 'prometheus']);
    for (const { service } of containers) assert.ok(!added.has(service), service);
  });
  await check('containers run without root, without capabilities, and read-only', async () => {
    for (const service of SERVICES) {
      const status = await docker.compose('exec', '-T', service, 'cat', '/proc/1/status');
      assert.doesNotMatch(status, /^Uid:\t0\t/m, service);
      assert.match(status, /^CapEff:\t0+$/m, service);
      assert.match(status, /^NoNewPrivs:\t1$/m, service);
    }
    for (const { service, HostConfig } of containers) assert.ok(HostConfig.ReadonlyRootfs, service);
  });
  await check('only its consumer mounts a volume of secrets, read-only', async () => {
    for (const { service, Mounts } of containers.filter(({ service }) => service !== 'secrets')) {
      for (const { Name = '', RW } of Mounts.filter(({ Name }) => /secrets|vault/.test(Name ?? ''))) {
        assert.ok(Name.endsWith(`_${service}-secrets`), `${service} mounts ${Name}`);
        assert.equal(RW, false, `${service} may write ${Name}`);
      }
    }
  });
  await check(
    'the Redis user of customers can only read the feed; Redis refuses a client without a user',
    async () => {
      const url = new URL(await docker.compose('exec', '-T', 'customers', 'cat', '/run/secrets/redis-url'));
      const asCustomers = ['--no-auth-warning', '--user', url.username, '--pass', url.password];
      for (const { command, refused } of ACL_ATTEMPTS) {
        const answer = await docker.compose('exec', '-T', 'redis', 'redis-cli', ...asCustomers, ...command);
        assert.equal(/NOPERM/.test(answer), refused, `${command.join(' ')}: ${answer}`);
      }
      assert.match(await docker.compose('exec', '-T', 'redis', 'redis-cli', 'ping'), /NOAUTH/);
    },
  );
  await check('the database role of customers cannot enter the database of auth', async () => {
    const script = `
      const pg = (await import('pg')).default;
      const url = (await import('node:fs')).readFileSync('/run/secrets/database-url', 'utf8');
      for (const database of ['customers', 'auth']) {
        const client = new pg.Client(url.replace(/customers$/, database));
        await client.connect().then(() => console.log(database, 'open'), (error) => console.log(database, error.code));
        await client.end();
      }`;
    const output = await docker.compose(
      'exec',
      '-T',
      'customers',
      'node',
      '--input-type=module',
      '-e',
      script,
    );
    assert.equal(output.trim(), 'customers open\nauth 42501');
  });
  await check('the database role of auth can neither change the audit nor disable its trigger', async () => {
    const url = await docker.compose('exec', '-T', 'auth', 'cat', '/run/secrets/database-url');
    for (const statement of [
      'UPDATE security_events SET event = event',
      'DELETE FROM security_events',
      'ALTER TABLE security_events DISABLE TRIGGER ALL',
    ]) {
      const asAuth = ['psql', '--no-psqlrc', url.trim(), '--command', statement];
      const output = await docker.try('compose', 'exec', '-T', 'postgres', ...asAuth);
      assert.match(output, /permission denied|must be owner/, statement);
    }
  });
  await check('each container has limits of memory and of processes', async () => {
    for (const { service, HostConfig } of containers) {
      assert.ok(HostConfig.Memory > 0 && HostConfig.PidsLimit > 0, service);
    }
  });
  await check('nginx keeps its connections to the services open', async () => {
    const before = await nginxConnections();
    for (let i = 0; i < 100; i++) await ok('GET', '/auth/me', { session });
    const opened = (await nginxConnections()) - before;
    assert.ok(opened <= 10, `100 requests opened ${opened} connections`);
  });
}

async function survivesChange() {
  await changesWithoutGap(system, admin);
  await check('the commands for signing keys run beside the service, and sign no user out', async () => {
    assert.match(await authCommand('rotate-signing-key'), /takes over at/);
    assert.match(await authCommand('reseal-signing-keys'), /^0 signing keys/);
    const [{ kid }] = (await ok('GET', '/.well-known/jwks.json')).keys;
    assert.match(await authCommand('revoke-signing-key', kid), /is revoked/);
    await refusedWithin(1_000, '/customers?n=1', session);
    session = await ok('POST', '/auth/refresh', { body: { refresh_token: session.refresh_token } });
    await ok('GET', '/customers?n=1', { session });
  });
  await check('a second docker compose up changes nothing', async () => {
    const ids = async () =>
      (await docker.containers())
        .filter(({ service }) => SERVICES.includes(service)) // the jobs have the image of before
        .map(({ Id, service }) => `${service} ${Id}`)
        .sort();
    const before = await ids();
    await up();
    assert.deepEqual(await ids(), before);
  });
  await check('a stopped service exits by itself with code 0', async () => {
    await docker.compose('stop', 'customers', 'auth');
    for (const { service, State } of await docker.containers()) {
      if (service === 'auth' || service === 'customers') assert.equal(State.ExitCode, 0, service);
    }
    await until(10_000, async () => Object.values(await status()).every((state) => state === 'down'));
    const { status: unavailable, headers } = await call('GET', '/auth/me', { session });
    assert.deepEqual([unavailable, headers.get('retry-after')], [503, '1']);
  });
  await check('customers, sessions, keys and passwords survive down and up', async () => {
    await docker.compose('down');
    await timed('second up', up);
    assert.deepEqual(await ok('GET', `/customers/${customer.id}`, { session }), customer);
    await ok('GET', '/auth/me', { session });
    session = await ok('POST', '/auth/refresh', { body: { refresh_token: session.refresh_token } });
    assert.equal(await docker.secret('admin-password'), admin.password);
  });
}

async function comesBackFromABackup() {
  await check('the documented commands make a backup, and restore it on an empty machine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pair-backup-'));
    try {
      const [backup, restore] = documentedCommands('Backup and restore');
      await docker.shell(backup, folder);
      await docker.compose('down', '--volumes');
      await docker.shell(restore, folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
    session = await ok('POST', '/auth/login', { body: admin });
    assert.deepEqual(await ok('GET', `/customers/${customer.id}`, { session }), customer);
    const { items } = await ok('GET', '/auth/audit?limit=1000', { session });
    assert.ok(items.some(({ event }) => event === 'refresh_token_reused'));
  });
}

async function startsOnABusyMachine() {
  await check('beside four busy loops the system starts from nothing', async () => {
    await docker.compose('down', '--volumes');
    await besideBusyLoops(4, () => timed('up beside four busy loops', up));
    assert.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200);
  });
}

/** The classic builder reuses layers of finished builds, but not of a build that runs at the same time. */
async function buildOneAfterTheOther() {
  await docker.compose('build', 'auth');
  await docker.compose('build', 'customers');
}

function up() {
  return docker.compose('up', '-d', '--wait');
}

/** A command of the operator, in the container of auth. */
function authCommand(...args) {
  return docker.compose('exec', '-T', 'auth', 'node', 'dist/cli.js', ...args);
}

/** The connections from nginx to auth that the kernel still knows: open connections and those in TIME_WAIT. */
async function nginxConnections() {
  const table = await docker.compose('exec', '-T', 'auth', 'cat', '/proc/net/tcp');
  const toPort8080 = table.split('\n').filter((line) => /^\s*\d+: [0-9A-F]{8}:1F90 /.test(line));
  return toPort8080.filter((line) => !/ 0100007F:[0-9A-F]{4} /.test(line)).length;
}

async function status() {
  return (await fetch(`${url}/status`)).json();
}

async function check(name, work) {
  try {
    await work();
    count.passed += 1;
    console.log(`ok - ${name}`);
  } catch (error) {
    count.failed += 1;
    console.log(`not ok - ${name}\n${error.stack}\n`);
    console.log((await docker.try('compose', 'logs', '--tail=30')).slice(-12_000));
  }
}

async function timed(name, work) {
  const start = Date.now();
  await work();
  figure(`${name}: ${((Date.now() - start) / 1_000).toFixed(1)} s`);
}

function figure(text) {
  figures.push(text);
}

async function end(code) {
  await docker.try('compose', 'down', '--volumes', '--remove-orphans', '--timeout', '5');
  await docker.try('image', 'rm', 'pair-check-auth-next', 'pair-check-customers-next');
  for (const image of ['pair-check-auth', 'pair-check-customers']) {
    const bytes = await docker.try('image', 'inspect', '--format', '{{.Size}}', image);
    figure(`${image}: ${Math.round(Number(bytes) / 1e6)} MB`);
  }
  for (const text of figures) console.log(`# ${text}`);
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exit(code);
}
