import { testDatabase } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { redirectUriFault } from '../../src/clients/redirect-uri.ts';
import { clientsCommand } from '../../src/commands/clients.ts';
import type { NewClient } from '../../src/commands/manage-clients.ts';
import { migrated, startAuth } from '../support/auth-under-test.ts';
import { APP_REDIRECT, addClient, basic, removeClient, rotateClientSecret } from '../support/clients.ts';
import { runCommand } from '../support/commands.ts';
import {
  authorizationRequest,
  authorize,
  newVerifier,
  openPage,
  postForm,
  redeem,
} from '../support/oauth.ts';

const DATABASE_URL = await migrated(await testDatabase(t));
const database = new pg.Client({ connectionString: DATABASE_URL });
await database.connect();
t.teardown(() => database.end());

const clients = (...args: string[]) => runCommand(clientsCommand, args, { DATABASE_URL });

t.test('clients add, list, rotate-secret and remove change the clients and report it', async (t) => {
  t.match(await clients('list'), { code: 0, output: /^There are only the built-in clients\.\n$/ });
  const web = ['--redirect-uri', APP_REDIRECT, '--grant', 'authorization_code'];
  const webScopes = ['--scope', 'customers:write', '--scope', 'customers:read'];
  const added = await clients('add', 'web-app', ...web, ...webScopes);
  t.match(added, {
    code: 0,
    output: /^The client "web-app" is added\.\nIts secret \(shown once\): cs_[\w-]{43}\n$/,
  });
  t.match(await clients('add', 'web-app', ...web, ...webScopes), {
    code: 1,
    output: /^There is a client "web-app" already: choose another id\.\n$/,
  });
  const native = ['--public', '--redirect-uri', 'http://127.0.0.1/', '--grant', 'authorization_code'];
  t.match(await clients('add', 'native', ...native, '--scope', 'customers:read'), {
    code: 0,
    output: /^The client "native" is added\.\n$/,
  });
  t.match(await clients('list'), {
    code: 0,
    output: [
      'native\tpublic\tauthorization_code\tcustomers:read\thttp://127.0.0.1/',
      `web-app\tconfidential\tauthorization_code\tcustomers:read customers:write\t${APP_REDIRECT}`,
      '',
    ].join('\n'),
  });
  t.match(await clients('rotate-secret', 'web-app'), {
    code: 0,
    output: /^The old secret no longer works\. New secret \(shown once\): cs_/,
  });
  t.match(await clients('rotate-secret', 'native'), { code: 1, output: /"native" is public/ });
  t.match(await clients('remove', 'native'), { code: 0, output: /^The client "native" is removed\./ });
  t.match(await clients('remove', 'native'), { code: 1, output: /^There is no such client: .+\.\n$/ });
  t.match(await clients('remove', 'swagger-ui'), { code: 1, output: /built in/ });
  const { rows } = await database.query(
    "SELECT event, client_id FROM security_events WHERE event LIKE 'client_%' ORDER BY id",
  );
  t.same(rows, [
    { event: 'client_added', client_id: 'web-app' },
    { event: 'client_added', client_id: 'native' },
    { event: 'client_secret_rotated', client_id: 'web-app' },
    { event: 'client_removed', client_id: 'native' },
  ]);
  const secrets = await database.query('SELECT secret_hash FROM clients');
  t.notMatch(
    added.output,
    secrets.rows[0].secret_hash.toString('base64url'),
    'the database has only the hash',
  );
});

t.test(
  'clients set replaces the name, the redirect URIs, the scopes or the need of proofs, and nothing else',
  async (t) => {
    const grants = ['--grant', 'authorization_code', '--grant', 'refresh_token'];
    await clients('add', 'settable', ...grants, '--redirect-uri', APP_REDIRECT, '--scope', 'customers:read');
    const changed = async () => {
      const { output } = await clients('list', '--json');
      return JSON.parse(output).find(({ client_id }: { client_id: string }) => client_id === 'settable');
    };
    const before = await changed();
    t.match(before, { client_name: null, redirect_uris: [APP_REDIRECT], scope: 'customers:read' });
    const steps: [args: string[], expected: object][] = [
      [['--name', 'Reports of Ada'], { client_name: 'Reports of Ada' }],
      [
        ['--redirect-uri', 'https://b.example.com/', '--redirect-uri', 'http://127.0.0.1/'],
        { redirect_uris: ['https://b.example.com/', 'http://127.0.0.1/'] },
      ],
      [
        ['--scope', 'customers:write', '--scope', 'customers:read'],
        { scope: 'customers:read customers:write' },
      ],
      [['--dpop'], { dpop_bound_access_tokens: true }],
      [['--name', 'Reports'], { client_name: 'Reports' }],
      [['--no-dpop'], { dpop_bound_access_tokens: false }],
    ];
    let expected = before;
    for (const [args, change] of steps) {
      t.same(await clients('set', 'settable', ...args), {
        code: 0,
        output: 'The client "settable" is changed.\n',
      });
      expected = { ...expected, ...change };
      t.same(await changed(), expected);
    }
    for (const [code, args, message] of [
      [2, ['settable'], /^There is nothing to change: /],
      [2, ['settable', '--redirect-uri', 'http://app.example.com/'], /must be https/],
      [2, ['settable', '--scope', 'everything'], /^Each scope must be one of customers:read, [a-z:, ]+\.\n$/],
      [2, ['settable', '--dpop', '--no-dpop'], /^Give --dpop or --no-dpop, not both\.\n$/],
      [2, ['settable', '--name', ' '], /visible characters/],
      [2, ['settable', '--name', 'moc.elpmaxe\u202E'], /visible characters/],
      [2, ['settable', '--name', 'x'.repeat(65)], /1 to 64/],
      [1, ['stranger', '--name', 'A'], /no such client/],
      [1, ['swagger-ui', '--name', 'A'], /built in/],
      [1, ['web-app-2', '--name', 'A'], /no such client/],
    ] as const) {
      t.match(await clients('set', ...args), { code, output: message });
    }
    t.same(await changed(), expected);
    const { rows } = await database.query(
      "SELECT client_id FROM security_events WHERE event = 'client_changed'",
    );
    t.equal(rows.length, steps.length);
  },
);

t.test('clients set gives no redirect URI to a client without the grant for it', async (t) => {
  await clients('add', 'day-job', '--grant', 'client_credentials', '--scope', 'customers:read');
  t.same(await clients('set', 'day-job', '--redirect-uri', APP_REDIRECT), {
    code: 2,
    output:
      'The client "day-job" takes no redirect URI without the grant authorization_code: add a client that has it.\n',
  });
});

t.test('clients list --json has every member of a client but the secret', async (t) => {
  const job = ['nightly-job', '--name', 'Nightly job', '--grant', 'client_credentials'];
  t.match(await clients('add', ...job, '--scope', 'customers:read'), { code: 0 });
  const { output } = await clients('list', '--json');
  const listed = JSON.parse(output).find(({ client_id }: { client_id: string }) => client_id === job[0]);
  t.match(listed.created_at, /^\d{4}-\d\d-\d\dT/);
  t.same(
    { ...listed, created_at: '' },
    {
      client_id: 'nightly-job',
      client_name: 'Nightly job',
      public: false,
      redirect_uris: [],
      grant_types: ['client_credentials'],
      scope: 'customers:read',
      may_introspect: false,
      dpop_bound_access_tokens: false,
      created_at: '',
    },
  );
  t.match(
    (await clients('list')).output,
    'nightly-job\t"Nightly job"\tconfidential\tclient_credentials\tcustomers:read\n',
  );
});

t.test('clients add --dpop adds a client that gets no Bearer tokens, and the list shows it', async (t) => {
  const job = ['bound-job', '--grant', 'client_credentials', '--scope', 'customers:read'];
  t.match(await clients('add', ...job, '--dpop'), { code: 0 });
  t.match(
    (await clients('list')).output,
    'bound-job\tconfidential\tclient_credentials\tcustomers:read\tDPoP\n',
  );
});

t.test('a client that breaks a rule is refused with one sentence, and is not added', async (t) => {
  const good: NewClient = {
    id: 'some-app',
    isPublic: false,
    redirectUris: [APP_REDIRECT],
    grants: ['authorization_code'],
    scopes: ['customers:read'],
    mayIntrospect: false,
  };
  const wrong: [Partial<NewClient>, RegExp][] = [
    [{ id: 'A' }, /^The id must have/],
    [{ id: "o'brien" }, /^The id must have/],
    [{ id: '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10' }, /must not be a UUID/],
    [{ id: 'first-party' }, /built in/],
    [{ grants: [], redirectUris: [] }, /needs a grant/],
    [{ grants: ['password'] }, /^Each grant must be one of authorization_code, [a-z_, ]+\.$/],
    [{ scopes: ['everything'] }, /^Each scope must be one of customers:read, [a-z:, ]+\.$/],
    [{ scopes: [] }, /needs a scope/],
    [{ redirectUris: [] }, /belong together/],
    [{ grants: ['client_credentials'] }, /belong together/],
    [{ grants: ['refresh_token'], redirectUris: [] }, /come with a code/],
    [{ isPublic: true, grants: ['authorization_code', 'client_credentials'] }, /cannot authenticate/],
    [{ isPublic: true, mayIntrospect: true }, /cannot authenticate/],
    [{ redirectUris: ['http://app.example.com/'] }, /must be https/],
    [{ redirectUris: ['https://ada:hunter2@app.example.com'] }, /^A redirect URI must have no user name\.$/],
  ];
  const count = async () => (await database.query('SELECT count(*) FROM clients')).rows;
  const before = await count();
  for (const [overrides, message] of wrong) {
    const adding = addClient(DATABASE_URL, { ...good, ...overrides });
    await t.rejects(adding, { name: 'UsageError', message }, JSON.stringify(overrides));
  }
  t.same(await count(), before);
});

t.test('a redirect URI is https, loopback or of a private-use scheme, in its normal form', async (t) => {
  for (const uri of [
    'https://app.example.com/callback',
    'https://app.example.com/callback?a=b',
    'http://127.0.0.1/',
    'http://127.0.0.1:5000/done',
    'http://[::1]/',
    'http://localhost:3000/callback',
    'com.example.app:/callback',
  ]) {
    t.equal(redirectUriFault(uri), undefined, uri);
  }
  for (const uri of [
    '',
    '/callback',
    'app.example.com',
    'https://app.example.com',
    'https://APP.example.com/',
    'https://app.example.com/a/../b',
    'https://app.example.com/#x',
    'https://app.example.com/#',
    'https://user@app.example.com/',
    'http://app.example.com/',
    'http://127.0.0.1.example.com/',
    'http://10.0.0.1/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'myapp:/callback',
    `https://app.example.com/${'x'.repeat(2_000)}`,
  ]) {
    t.type(redirectUriFault(uri), 'string', uri);
  }
});

t.test(
  'the sign-in page shows the name of a client, and a change of the client takes effect at once',
  async (t) => {
    const { app, config } = await startAuth(t);
    await addClient(config.DATABASE_URL, { isPublic: true, grants: ['authorization_code', 'refresh_token'] });
    const client = { client_id: 'web-app', redirect_uri: APP_REDIRECT };
    const page = async () =>
      (
        await openPage(
          app,
          authorizationRequest(newVerifier().challenge, { ...client, scope: 'customers:read' }),
        )
      ).response;
    t.match((await page()).payload, '<b>web-app</b>');
    const granted = await authorize(app, { ...client, scope: 'customers:read customers:write' });
    const { refresh_token } = (await redeem(app, granted, client)).json();

    const set = (...args: string[]) =>
      runCommand(clientsCommand, ['set', 'web-app', ...args], { DATABASE_URL: config.DATABASE_URL });
    t.match(await set('--name', 'Ada & Sons', '--scope', 'customers:read'), { code: 0 });
    t.match((await page()).payload, '<b>Ada &#38; Sons</b>');
    const form = { grant_type: 'refresh_token', refresh_token, client_id: 'web-app' };
    t.match((await postForm(app, '/oauth/token', form)).json(), { scope: 'customers:read' });

    t.match(await set('--redirect-uri', 'https://b.example.com/'), { code: 0 });
    t.equal((await page()).statusCode, 400, 'the old redirect URI');
  },
);

t.test('a new secret and a removal take effect at once', async (t) => {
  const { app, config } = await startAuth(t);
  const secret = await addClient(config.DATABASE_URL);
  const client = { client_id: 'web-app', redirect_uri: APP_REDIRECT };
  const granted = await authorize(app, { ...client, scope: 'customers:read' });
  const tokens = (await redeem(app, granted, client, basic('web-app', secret))).json();
  const refresh = (clientSecret: string) =>
    postForm(
      app,
      '/oauth/token',
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
      basic('web-app', clientSecret),
    );
  const next = await rotateClientSecret(config.DATABASE_URL, 'web-app');
  t.match((await refresh(secret)).json(), { error: 'invalid_client' });
  t.equal((await refresh(next)).statusCode, 200);
  await removeClient(config.DATABASE_URL, 'web-app');
  t.match((await refresh(next)).json(), { error: 'invalid_client' });
});

t.test('the error of an unreachable database is one sentence', async (t) => {
  const env = { DATABASE_URL: 'postgres://auth:x@127.0.0.1:1/auth' };
  t.match(await runCommand(clientsCommand, ['list'], env), {
    code: 1,
    output: /^PostgreSQL cannot be reached: .+\n$/,
  });
});
