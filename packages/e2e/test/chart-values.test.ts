import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { freePort, runProgram, temporaryFolder } from '@pair/test-kit';
import t from 'tap';
import { type KubernetesObject, RELEASE } from './support/chart/helm.ts';
import { environmentOf, named, ofKind } from './support/chart/objects.ts';
import { rendered } from './support/chart/rendered.ts';
import { typeFaults } from './support/chart/types.ts';
import { documents, VALUE_SETS, valuesWith } from './support/chart/value-sets.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { releases, lint, render } = await rendered(t);

t.test('the strict lint of Helm has no complaint', async () => {
  await Promise.all(Object.values(VALUE_SETS).map(lint));
});

t.test('every object has the form that the API server takes', async (t) => {
  t.strictSame(await typeFaults(releases.flatMap(([, objects]) => objects)), []);
  const [, objects = []] = releases[0] ?? [];
  const { spec } = named(objects, 'PodDisruptionBudget', `${RELEASE}-auth`);
  t.strictSame(
    await typeFaults(['redis.yaml', 'valkey.yaml'].flatMap(documents)),
    [],
    'the examples of Redis',
  );
  const wrong = [
    { spec: { ...spec, maxUnavaliable: 1 } },
    { spec: { ...spec, unhealthyPodEvictionPolicy: 'Always' } },
    { metadata: { name: 1 } },
  ];
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec };
  const faults = (await typeFaults(wrong.map((changes) => ({ ...budget, ...changes })))).join('\n');
  for (const fault of [
    /maxUnavaliable.*does not exist/,
    /"Always"' is not assignable/,
    /'number' is not assignable/,
  ])
    t.match(faults, fault, 'the check finds a fault');
});

const MISTAKES: [object, RegExp][] = [
  [{ settings: { ISSUER: null } }, /settings.*ISSUER/],
  [{ settings: { ISSUER: 'https://api.example.org/' } }, /ISSUER.*does not match pattern/],
  [{ settings: { SUBJECT_RATE_LIMITS: 1 } }, /'SUBJECT_RATE_LIMITS' not allowed/],
  [{ settings: { DATABASE_URL: 'postgres://role:password@host/db' } }, /'DATABASE_URL' not allowed/],
  [{ settings: { DATABASE_POOLER: 'session' } }, /DATABASE_POOLER/],
  [{ auth: { replicas: 1 } }, /auth\/replicas.*minimum/],
  [{ auth: { secret: '' } }, /auth\/secret/],
  [{ auth: { settings: { REGISTRATION: 'yes' } } }, /REGISTRATION/],
  [{ customers: { image: { tag: 'latest' } } }, /customers\/image\/tag/],
  [{ customers: { image: { tag: 0.2 } } }, /customers\/image\/tag.*want string/],
  [{ customers: { resources: { limits: { memory: null } } } }, /limits.*memory/],
  [{ gateway: { trustedProxies: ['10.0.0.1'] } }, /trustedProxies\/0/],
  [{ gateway: { preStopSeconds: 0 } }, /preStopSeconds.*minimum/],
  [{ httpRoute: { enabled: true } }, /httpRoute\/(hostnames|parentRefs)/],
  [{ networkPolicies: { enabled: false } }, /'networkPolicies' not allowed/],
  [{ metrics: { discovery: 'serviceMonitor' } }, /metrics\/discovery/],
];

t.test('values.schema.json refuses mistakes', async (t) => {
  await Promise.all(
    MISTAKES.map(([changes, message]) =>
      t.rejects(render(valuesWith(changes)), { message }, JSON.stringify(changes)),
    ),
  );
  const message = await render({}).catch((error) => error.message);
  for (const name of [
    'ISSUER',
    ...['auth', 'customers'].flatMap((each) => [`${each}/secret`, `${each}/migration/secret`]),
  ])
    t.match(message, name, 'without values, one message has all that is missing');
});

t.test('the chart takes the settings of the README, and sets the others itself', async (t) => {
  const schema = JSON.parse(read('services/chart/values.schema.json')).properties;
  const [, table = ''] = read('README.md').split(/<!-- \/?settings -->/);
  const rows = [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = '', readers = '']) => ({
    name,
    readers: readers.split(', '),
  }));
  const readBy = (reader: string) =>
    rows.filter(({ readers }) => readers.includes(reader)).map(({ name }) => name);
  const [, objects = []] = releases.find(([name]) => name.includes('Sentinels')) ?? [];
  const own = (kind: string, name: string, given: object) =>
    Object.keys(environmentOf(named(objects, kind, `${RELEASE}-${name}`)))
      .map((variable) => variable.replace(/_FILE$/, ''))
      .filter((variable) => !(variable in given));
  const { settings, auth } = schema;
  const both = settings.properties;
  const authAlone = auth.properties.settings.properties;
  const migration = auth.properties.migration.properties.settings.properties;
  for (const [kind, name, reader, given] of [
    ['Deployment', 'auth', 'auth', { ...both, ...authAlone }],
    ['Deployment', 'customers', 'customers', both],
    // the Secrets of the Jobs have the direct URL alone
    ['Job', 'auth-migrate', 'auth migrate', { ...migration, DATABASE_POOLER: {}, DATABASE_DIRECT_URL: {} }],
  ] as const)
    t.strictSame([...Object.keys(given), ...own(kind, name, given)].sort(), readBy(reader).sort(), reader);
});

t.test('each setting arrives as it was written', async (t) => {
  const values = VALUE_SETS['all settings'] as KubernetesObject;
  const [, objects = []] = releases.find(([name]) => name === 'all settings') ?? [];
  const auth = environmentOf(named(objects, 'Deployment', `${RELEASE}-auth`));
  for (const [name, value] of Object.entries({ ...values.settings, ...values.auth.settings }))
    t.equal(auth[name], String(value), name);
  t.equal(environmentOf(named(objects, 'Job', `${RELEASE}-auth-migrate`)).ADMIN_USERNAME, 'root');
});

t.test('the example of a Redis has the settings of compose', async (t) => {
  const [command = ''] =
    /redis-server --aclfile(?:.|\n)+?(?=\n +volumes:)/.exec(read('docker-compose.yml')) ?? [];
  const words = command.replaceAll("''", '""').split(/\s+/);
  const expected = words.map((word) =>
    word.replace('""', '').replace(/^\$\{REDIS_MAXMEMORY:-(\w+)\}$/, '$1'),
  );
  const stateful = documents('redis.yaml').find(({ kind }) => kind === 'StatefulSet');
  const { command: program, args } = stateful.spec.template.spec.containers[0];
  t.strictSame([...program, ...args], expected);
  t.equal(stateful.spec.replicas, 1);
});

t.test('the example of a pooler has the settings of docs/operations.md', async (t) => {
  const [{ spec } = {} as KubernetesObject] = documents('cloudnative-pg-pooler.yaml');
  t.equal(spec.pgbouncer.poolMode, 'transaction');
  const [, block = ''] = /^```ini\n(.*?)^```/ms.exec(read('docs/operations.md')) ?? [];
  for (const [name, value] of Object.entries(spec.pgbouncer.parameters))
    t.match(block, `\n${name} = ${value}\n`, name);
});

t.test('nginx accepts its files with the upstreams of the chart', async (t) => {
  const folder = temporaryFolder('nginx');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of readdirSync(join(ROOT, 'nginx')).filter((name) => name.endsWith('.conf')))
    copyFileSync(join(ROOT, 'nginx', file), join(folder, file));
  for (const [name, objects] of releases) {
    const [map] = ofKind(objects, 'ConfigMap');
    let conf: string = map?.data['upstreams.conf'];
    // only a cluster knows the names, and the output of a test is a socket, which nginx cannot open
    conf = conf
      .replaceAll(/server pair-\w+:8080/g, 'server 127.0.0.1:8080')
      .replaceAll('/etc/nginx', join(ROOT, 'nginx'))
      .replace('/dev/stdout', 'access.log');
    for (const port of ['8080', '9464'])
      conf = conf.replace(`listen ${port}`, `listen 127.0.0.1:${await freePort()}`);
    writeFileSync(join(folder, 'upstreams.conf'), conf);
    const args = ['-t', '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
    t.match(await runProgram('nginx', args), 'test is successful', name);
  }
});
