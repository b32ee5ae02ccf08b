import { exampleExchanges, exampleFaults, waitFor } from '@pair/test-kit';
import pg from 'pg';
import t from 'tap';
import { hashClientSecret } from '../src/clients/client-secret.ts';
import { EXAMPLE_CLIENT, EXAMPLE_CREDENTIALS, EXAMPLE_USER } from '../src/examples.ts';
import { login, post, startAuth, type Tokens } from './support/auth-under-test.ts';
import { authorizationRequest, challengeOf, openPage, parametersOf, submit } from './support/oauth.ts';

const { app, ownerUrl } = await startAuth(t, {
  REGISTRATION: 'open',
  REGISTRATION_SCOPES: ['customers:read', 'customers:write'],
});
const database = new pg.Client({ connectionString: ownerUrl });
await database.connect();
t.teardown(() => database.end());
const document = (await app.inject('/docs/auth/json')).json();
const exchanges = exampleExchanges(document);

/** The values that differ each time. */
const KINDS = [
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  /^eyJ[\w-]+\.[\w-]+\.[\w-]{86}$/, // an access token
  /^rt_[\w-]{107}$/,
  /^ac_[\w-]{64}$/,
  /^[\w-]{43}$/, // a kid, or a coordinate of a key
  /^[\w-]{22}$/, // a session
];

/** Replaces the ids, times and tokens of an answer with the example's, if both are of the same kind. */
function asIn(example: unknown, answer: unknown): unknown {
  if (typeof example === 'string' && typeof answer === 'string') {
    return KINDS.some((kind) => kind.test(example) && kind.test(answer)) ? example : answer;
  }
  if (Array.isArray(example) && Array.isArray(answer)) return answer.map((item, i) => asIn(example[i], item));
  if (!isObject(example) || !isObject(answer)) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => {
      const isNumber = ['id', 'iat', 'exp'].includes(name) && typeof value === 'number';
      return [name, isNumber ? example[name] : asIn(example[name], value)];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const admin = (await login(app)).access_token;
const FROM = {
  remoteAddress: '192.0.2.1',
  headers: { 'user-agent': 'curl/8.14.1', 'x-request-id': '4f6d1c0a9b3e4d7f8a2b5c6d7e8f9a0b' },
};
const OF_ADMINS = [
  ...['listUsers', 'createUser', 'getUser', 'updateUser', 'resetPassword', 'deleteUser'],
  'listSecurityEvents',
];

const removeAda = () => database.query('DELETE FROM users WHERE username = $1', [EXAMPLE_USER.username]);

/** Creates the user of the examples, and signs in from the address of the examples. */
async function signedInAda() {
  await removeAda();
  const user = { ...EXAMPLE_CREDENTIALS, scope: EXAMPLE_USER.scope };
  const { id } = (await post(app, '/auth/users', user, admin)).json<{ id: string }>();
  const answer = await app.inject({
    method: 'POST',
    url: '/auth/login',
    payload: EXAMPLE_CREDENTIALS,
    ...FROM,
  });
  const tokens = answer.json<Tokens>();
  const [, claims = ''] = tokens.access_token.split('.');
  const { sid } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return { id, sid, tokens };
}

await database.query(
  `INSERT INTO clients (id, secret_hash, grants, scopes, may_introspect) VALUES ($1, $2, '{}', '{}', true)`,
  [EXAMPLE_CLIENT.client_id, hashClientSecret(EXAMPLE_CLIENT.client_secret)],
);

/** Returns the body of an example with a real token or code in place of the example's. */
async function bodyOf({ type, example }: { type: string; example: unknown }, tokens: Tokens) {
  const body = JSON.stringify(example)
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]{86}/, tokens.access_token)
    .replace(/rt_[\w-]{107}/, tokens.refresh_token);
  if (type !== 'application/x-www-form-urlencoded') return body;
  const fields: Record<string, string> = JSON.parse(body);
  if (fields.code !== undefined) {
    const query = authorizationRequest(challengeOf(fields.code_verifier ?? ''), {
      redirect_uri: fields.redirect_uri ?? '',
    });
    const { headers } = await submit(app, await openPage(app, query), EXAMPLE_CREDENTIALS);
    fields.code = parametersOf(headers.location).code ?? '';
  }
  return new URLSearchParams(fields).toString();
}

for (const { operationId, method, path, body, status, answer } of exchanges) {
  if (operationId === 'authorize') continue; // a page
  t.test(`${operationId} ${body?.type} is answered as in the document`, async (t) => {
    const { id, sid, tokens } = await signedInAda();
    if (operationId === 'register' || operationId === 'createUser') await removeAda();
    const query = {
      listUsers: '?limit=1',
      listSecurityEvents: `?limit=1&event=sign_in&user_id=${id}`,
    }[operationId];
    const bearer = OF_ADMINS.includes(operationId) ? admin : tokens.access_token;
    const payload = body && (await bodyOf(body, tokens));
    const request = () =>
      app.inject({
        method: method as 'GET',
        url: path.replace('{id}', operationId === 'endSession' ? sid : id) + (query ?? ''),
        headers: {
          ...(path.startsWith('/oauth/') && operationId !== 'getUserinfo'
            ? {}
            : { authorization: `Bearer ${bearer}` }),
          ...(answer && { accept: answer.type }),
          ...(body && { 'content-type': body.type }),
        },
        ...(payload === undefined ? {} : { payload }),
      });
    let response = await request();
    t.equal(response.statusCode, status);
    if (answer === undefined) return t.equal(response.payload, '');
    if (operationId === 'listSecurityEvents') {
      // events are written a moment after the answer
      await waitFor(async () => {
        response = await request();
        return response.json<{ items: unknown[] }>().items.length > 0;
      });
    }
    t.same(asIn(answer.example, response.json()), answer.example);
  });
}

t.test('every answer and every body has an example', async (t) => {
  t.ok(exchanges.length > 14);
  for (const { operationId, body, answer } of exchanges) {
    for (const media of [body, answer]) t.ok(media === undefined || media.example !== undefined, operationId);
  }
});

t.test('the schema accepts every example, also of a parameter or a problem', async (t) => {
  const { checked, faults } = exampleFaults(document);
  t.ok(checked > 100, `${checked} examples`);
  t.same(faults, []);
});
