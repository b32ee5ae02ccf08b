import { unavailable } from '@pair/service-kit';
import type { LightMyRequestResponse } from 'fastify';
import pg from 'pg';
import t, { type Test } from 'tap';
import '../../src/clients/repository.ts';
import {
  ADMIN,
  get,
  login,
  makeUser,
  patch,
  post,
  recordedEvents,
  startAuth,
} from '../support/auth-under-test.ts';
import { APP_REDIRECT, addClient } from '../support/clients.ts';
import {
  authorizationRequest,
  cookieOf,
  decodeEntities,
  form,
  hiddenFields,
  newVerifier,
  type OpenedPage,
  openPage,
  parametersOf,
  postForm,
  redeem,
  SWAGGER_REDIRECT,
  submit,
} from '../support/oauth.ts';

const { app, within, config, ownerUrl, another, logged, redisClient } = await startAuth(t);
await addClient(config.DATABASE_URL);
await addClient(config.DATABASE_URL, {
  id: 'native-app',
  isPublic: true,
  grants: ['authorization_code'],
  redirectUris: ['http://127.0.0.1/done', 'http://[::1]/done', 'com.example.app:/done'],
});
await addClient(config.DATABASE_URL, { id: 'machine', grants: ['client_credentials'], redirectUris: [] });
const { challenge } = newVerifier();
const admin = (await login(app)).access_token;

function isPage(t: Test, response: LightMyRequestResponse, statusCode: number, text: RegExp) {
  t.equal(response.statusCode, statusCode);
  t.equal(response.headers['content-type'], 'text/html; charset=utf-8');
  t.equal(response.headers['cache-control'], 'no-store');
  t.equal(response.headers.location, undefined);
  t.match(response.headers['content-security-policy'], /^default-src 'none'; .*frame-ancestors 'none'$/);
  t.notMatch(response.headers['content-security-policy'], /unsafe|script-src/);
  t.match(response.payload, /<html lang="en">/);
  t.match(response.payload, text);
  t.notMatch(response.payload, /<script|style=|\son\w+=/i);
}

const ask = (overrides: Record<string, string> = {}) =>
  app.inject(`/oauth/authorize?${form(authorizationRequest(challenge, overrides))}`);

t.test('the page names the client, the destination and the rights', async (t) => {
  const response = await ask({ client_id: 'web-app', redirect_uri: APP_REDIRECT, scope: 'customers:read' });
  isPage(t, response, 200, /<b>web-app<\/b> at app\.example\.com/);
  t.match(response.payload, /Read customers/);
  t.notMatch(response.payload, /Manage users/);
  t.match(
    response.headers['set-cookie'],
    /^sign-in=[\w-]{22}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  );
});

t.test('the policy of the sign-in page limits no redirect, and an error page allows no form', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  const again = await submit(app, page, { username: 'unknown', password: 'wrong' });
  for (const { headers, payload } of [page.response, again]) {
    t.notMatch(headers['content-security-policy'], /form-action/);
    t.same(payload.match(/<form[^>]*>/g), ['<form method="post" action="/oauth/authorize">']);
  }
  const error = await ask({ client_id: 'unknown' });
  t.match(error.headers['content-security-policy'], /; form-action 'none'; /);
});

t.test('neither typed text nor the request can add a form or change its target', async (t) => {
  const hostile = `"'><form action=https://evil.example><button formaction="https://evil.example">\u2028<base href=//evil>`;
  const page = await openPage(app, authorizationRequest(challenge, { state: hostile }));
  const again = await submit(app, page, { username: hostile.slice(0, 64), password: hostile });
  for (const response of [page.response, again]) {
    isPage(t, response, response === again ? 403 : 200, /Sign in/);
    t.equal(
      response.payload.match(/<(form|button|base)\b/g)?.length,
      2,
      'only the form and the button of the page',
    );
    t.notMatch(response.payload, /\sformaction=["']/);
    t.equal(hiddenFields(response.payload).state, hostile);
  }
});

t.test('a request that does not accept HTML gets 406 as a page, as documented', async (t) => {
  const url = `/oauth/authorize?${form(authorizationRequest(challenge))}`;
  isPage(t, await app.inject({ url, headers: { accept: 'application/json' } }), 406, /text\/html/);
  const { paths } = (await app.inject('/docs/auth/json')).json();
  const { 303: redirect, 429: ofGateway, ...answers } = paths['/oauth/authorize'].get.responses;
  for (const [status, { content }] of Object.entries<{ content: object }>(answers)) {
    t.same(Object.keys(content), ['text/html'], status);
  }
});

t.test('over TLS the cookie has the prefix __Host-', async (t) => {
  const secure = await another({ ISSUER: 'https://id.example.com', AUDIENCE: config.AUDIENCE });
  const query = authorizationRequest(challenge, {
    client_id: 'web-app',
    redirect_uri: APP_REDIRECT,
    scope: '',
  });
  const { headers } = await secure.inject(`/oauth/authorize?${form(query)}`);
  t.match(
    headers['set-cookie'],
    /^__Host-sign-in=[\w-]{22}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
});

t.test('a wrong client or redirect URI gets a page and no redirect', async (t) => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ client_id: '' }, /parameter client_id, once/],
    [{ client_id: 'no-such-client' }, /unknown/],
    [{ client_id: 'swagger-ui\r\nx: y' }, /unknown/],
    [{ client_id: "' OR 1=1 --" }, /unknown/],
    [{ client_id: '<script>alert(1)</script>' }, /unknown/],
    [{ redirect_uri: '' }, /parameter redirect_uri, once/],
    [{ redirect_uri: 'https://evil.example' }, /registered/],
    [{ redirect_uri: `${SWAGGER_REDIRECT}/` }, /registered/],
    [{ redirect_uri: `${SWAGGER_REDIRECT}?x=y` }, /registered/],
    [{ redirect_uri: SWAGGER_REDIRECT.toUpperCase() }, /registered/],
    [
      { redirect_uri: SWAGGER_REDIRECT.replace('localhost:8080', 'localhost:8080@evil.example') },
      /registered/,
    ],
    [{ redirect_uri: `${SWAGGER_REDIRECT}\r\nset-cookie: a=b` }, /registered/],
    [{ redirect_uri: 'javascript:alert(1)' }, /registered/],
    [{ client_id: 'web-app', redirect_uri: SWAGGER_REDIRECT }, /registered/],
    [{ client_id: 'first-party', redirect_uri: SWAGGER_REDIRECT }, /registered/],
    [{ client_id: 'machine', redirect_uri: APP_REDIRECT }, /registered/],
    [{ client_id: 'native-app', redirect_uri: 'http://localhost:5000/done' }, /registered/],
    [{ client_id: 'native-app', redirect_uri: 'http://127.0.0.1:5000/other' }, /registered/],
    [{ client_id: 'native-app', redirect_uri: 'http://127.0.0.1:99999/done' }, /registered/],
    [{ client_id: 'native-app', redirect_uri: 'http://127.0.0.1.evil.example/done' }, /registered/],
    [{ client_id: 'native-app', redirect_uri: 'http://127.0.0.1:80@evil.example/done' }, /registered/],
  ];
  for (const [overrides, text] of wrong) {
    const response = await ask(overrides);
    isPage(t, response, 400, text);
    t.notMatch(response.payload, /evil|alert\(/, 'the page repeats nothing of the request');
  }
  for (const name of ['client_id', 'redirect_uri']) {
    const query = form(authorizationRequest(challenge));
    const value = name === 'client_id' ? 'swagger-ui' : SWAGGER_REDIRECT;
    isPage(
      t,
      await app.inject(`/oauth/authorize?${query}&${form({ [name]: value })}`),
      400,
      new RegExp(name),
    );
  }
});

t.test('with a local issuer, and only then, Swagger UI may be at 127.0.0.1', async (t) => {
  const local = SWAGGER_REDIRECT.replace('localhost', '127.0.0.1');
  isPage(t, await ask({ redirect_uri: local }), 200, /Sign in/);
  const deployed = await another({ ISSUER: 'https://id.example.com', AUDIENCE: config.AUDIENCE });
  const at = (redirect_uri: string) =>
    deployed.inject(`/oauth/authorize?${form(authorizationRequest(challenge, { redirect_uri }))}`);
  for (const uri of [local, SWAGGER_REDIRECT]) isPage(t, await at(uri), 400, /registered/);
  const own = 'https://id.example.com/docs/auth/static/oauth2-redirect.html';
  isPage(t, await at(own), 200, /Sign in/);
});

t.test('a native application may listen on any port of the loopback interface (RFC 8252 §7.3)', async (t) => {
  for (const redirect_uri of [
    'http://127.0.0.1:51004/done',
    'http://127.0.0.1/done',
    'http://[::1]:51004/done',
    'com.example.app:/done',
  ]) {
    const page = await openPage(app, {
      ...authorizationRequest(challenge, { client_id: 'native-app', redirect_uri, scope: '' }),
    });
    const { headers, statusCode } = await submit(app, page);
    t.equal(statusCode, 303, redirect_uri);
    t.ok(String(headers.location).startsWith(`${redirect_uri}?code=`), String(headers.location));
  }
});

t.test('every other fault goes back to the client with an error of RFC 6749', async (t) => {
  const faults: [Record<string, string>, error: string][] = [
    [{ response_type: '' }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'code token' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ code_challenge: '' }, 'invalid_request'],
    [{ code_challenge: 'too-short' }, 'invalid_request'],
    [{ code_challenge: `${challenge}=` }, 'invalid_request'],
    [{ code_challenge_method: '' }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge_method: 's256' }, 'invalid_request'],
    [{ scope: 'customers:read everything' }, 'invalid_scope'],
    [{ scope: 'customers:read\r\nx: y' }, 'invalid_request'],
    [{ state: 'a\r\nset-cookie: b=c' }, 'invalid_request'],
    [{ state: 'a\0b' }, 'invalid_request'],
    // unknown parameters are ignored (RFC 6749 §3.1)
    [{ hint: 'a\nb', claims: 'x'.repeat(4_097), scope: 'everything' }, 'invalid_scope'],
  ];
  for (const [overrides, error] of faults) {
    const response = await ask(overrides);
    const about = JSON.stringify(overrides).slice(0, 100);
    t.equal(response.statusCode, 303, about);
    t.equal(response.headers['set-cookie'], undefined);
    const { error_description, ...parameters } = parametersOf(response.headers.location);
    const { state = 'the state' } = overrides;
    t.same(parameters, { error, state, iss: config.ISSUER }, about);
    t.match(response.headers.location, /^[\x21-\x7e]+$/);
    t.match(error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  }
  const wide = await ask({ client_id: 'web-app', redirect_uri: APP_REDIRECT, scope: 'users:admin' });
  t.ok(
    String(wide.headers.location).startsWith(`${APP_REDIRECT}&error=invalid_scope`),
    'a scope that the client does not have',
  );
  for (const name of ['scope', 'state', 'code_challenge', 'response_type', 'unknown']) {
    const query = `${form(authorizationRequest(challenge))}&${form([
      [name, 'x'],
      [name, 'y'],
    ])}`;
    const { headers } = await app.inject(`/oauth/authorize?${query}`);
    t.match(parametersOf(headers.location), { error: 'invalid_request' }, `${name} is repeated`);
  }
});

t.test('a state that is too long in a query is refused and does not come back', async (t) => {
  for (const state of ['x'.repeat(4_097), '('.repeat(1_366), '\u20ac'.repeat(456)]) {
    const response = await ask({ state });
    t.equal(response.statusCode, 303);
    const { error, state: returned } = parametersOf(response.headers.location);
    t.same([error, returned], ['invalid_request', undefined]);
  }
});

t.test('the state comes back unchanged, and breaks out of neither the page nor the header', async (t) => {
  for (const state of [
    '"><script>alert(1)</script>',
    'x'.repeat(4_096),
    '('.repeat(1_365),
    '\u{1f600} &amp; %0d%0a',
    "'`{x}",
  ]) {
    const page = await openPage(app, authorizationRequest(challenge, { state }));
    isPage(t, page.response, 200, /Sign in/);
    t.equal(page.fields.state, state);
    const { headers } = await submit(app, page);
    t.match(headers.location, /^[\x21-\x7e]+$/);
    t.equal(parametersOf(headers.location).state, state);
  }
});

t.test('a form is accepted only with the cookie of its browser', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  const other = await openPage(app, authorizationRequest(challenge));
  const { csrf_token: token = '', ...withoutToken } = page.fields;
  const isRefused = async (
    changed: { cookie?: string; fields?: Record<string, string> },
    headers: Record<string, string> = {},
  ) => {
    const response = await submit(app, { ...page, ...changed }, ADMIN, headers);
    isPage(t, response, 400, /Sign in again\./);
    return response;
  };
  for (const cookie of ['', 'sign-in=', other.cookie, `${other.cookie}; ${page.cookie}`, `x${page.cookie}`]) {
    for (const site of ['cross-site', 'same-site', 'none', 'Same-Origin']) {
      await isRefused({ cookie }, { 'sec-fetch-site': site });
    }
    await isRefused({ cookie });
  }
  const forged = [
    '',
    'A',
    'A'.repeat(67),
    'A'.repeat(128),
    token.slice(0, -1),
    `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`,
    '\0',
  ];
  for (const csrf_token of forged) await isRefused({ fields: { ...page.fields, csrf_token } });
  await isRefused({ fields: withoutToken }, { 'sec-fetch-site': 'same-origin' });
  const refused = await isRefused({ cookie: '' });
  const fresh = { fields: hiddenFields(refused.payload), cookie: cookieOf(refused) };
  t.equal((await submit(app, fresh)).statusCode, 303, 'the page with the error works');
  t.equal((await submit(app, page)).statusCode, 303);
});

t.test('all pages of a browser share one cookie, as long as one of them is valid', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  const tab = await openPage(app, authorizationRequest(challenge), page.cookie);
  t.equal(tab.cookie, page.cookie);
  t.match(tab.response.headers['set-cookie'], /Max-Age=600/);
  const wrong = await submit(app, tab, { ...ADMIN, password: 'wrong' });
  t.equal(cookieOf(wrong), page.cookie, 'also after a wrong password');
  for (const sent of [tab, page, tab]) {
    const response = await submit(app, sent);
    t.equal(response.statusCode, 303);
    t.equal(response.headers['set-cookie'], undefined, 'signing in keeps the cookie');
  }
  for (const malformed of ['x', 'x'.repeat(21), 'x'.repeat(23), 'x'.repeat(5_000), `${'x'.repeat(21)}=`]) {
    const { response } = await openPage(app, authorizationRequest(challenge), `sign-in=${malformed}`);
    t.match(cookieOf(response), /^sign-in=[\w-]{22}$/);
    t.not(cookieOf(response), `sign-in=${malformed}`);
  }
});

t.test('two pages that a browser without a cookie opens at the same time are both accepted', async (t) => {
  const [one, other] = await Promise.all([
    openPage(app, authorizationRequest(challenge)),
    openPage(app, authorizationRequest(challenge)),
  ]);
  t.not(one.cookie, other.cookie);
  for (const { fields } of [one, other]) {
    const headers = { 'sec-fetch-site': 'same-origin' };
    for (const cookie of [one.cookie, '']) {
      t.equal((await submit(app, { fields, cookie }, ADMIN, headers)).statusCode, 303);
    }
  }
});

t.test('a form that is sent twice redirects twice, and both codes are valid', async (t) => {
  const { verifier, challenge } = newVerifier();
  const page = await openPage(app, authorizationRequest(challenge));
  const both = await Promise.all([submit(app, page), submit(app, page)]);
  const later = await submit(app, page);
  const codes = [...both, later].map(({ headers }) => parametersOf(headers.location).code ?? '');
  t.equal(new Set(codes).size, 3);
  const tokens = [];
  for (const code of codes) {
    const response = await redeem(app, { code, verifier });
    t.equal(response.statusCode, 200);
    tokens.push(response.json().access_token);
  }
  for (const token of tokens) t.equal((await get(app, '/auth/me', token)).statusCode, 200);
});

t.test(
  'a form that is sent many times at once, to two processes, is never refused as used or too old',
  async (t) => {
    const elsewhere = await another();
    const { credentials } = await makeUser(app, 'ada-impatient');
    const page = await openPage(app, authorizationRequest(challenge));
    // more attempts than ten at once are limited, however they end
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => submit(i % 2 === 0 ? app : elsewhere, page, credentials)),
    );
    t.same(
      answers.map(({ statusCode }) => statusCode),
      Array(10).fill(303),
    );
    t.equal(new Set(answers.map(({ headers }) => parametersOf(headers.location).code)).size, 10);
  },
);

t.test('a form leaves only keys in Redis that the limit of attempts bounds', async (t) => {
  const redis = redisClient();
  const remoteAddress = '203.0.113.77';
  const send = (username: string, page: Pick<OpenedPage, 'fields' | 'cookie'>) =>
    app.inject({
      method: 'POST',
      url: '/oauth/authorize',
      remoteAddress,
      headers: { cookie: page.cookie, 'content-type': 'application/x-www-form-urlencoded' },
      payload: form({ ...page.fields, username, password: 'wrong' }),
    });
  for (let i = 0; i < 100; i++) {
    const attempt = await within.signInAttempts.begin(`unknown-${i % 10}`, remoteAddress);
    if (attempt.isAllowed) attempt.failed();
  }
  const page = await openPage(app, authorizationRequest(challenge));
  t.equal((await send('unknown-to-all', page)).statusCode, 429);
  const before = new Set(await redis.keys('*'));
  for (let i = 0; i < 50; i++) {
    const opened = await openPage(app, authorizationRequest(challenge));
    const refused = await send(`another-${i}`, i % 2 === 0 ? opened : { ...opened, cookie: page.cookie });
    t.equal(refused.statusCode, i % 2 === 0 ? 429 : 400);
  }
  // codes from before expire meanwhile
  t.same(
    (await redis.keys('*')).filter((key) => !before.has(key)),
    [],
  );
});

t.test('a form from another process of the service is accepted', async (t) => {
  const elsewhere = await another();
  const page = await openPage(app, authorizationRequest(challenge));
  t.equal((await submit(elsewhere, page)).statusCode, 303);
});

t.test('a form is refused after ten minutes', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  const now = Date.now;
  t.teardown(() => {
    Date.now = now;
  });
  Date.now = () => now() + 600_001;
  isPage(t, await submit(app, page), 400, /open for too long/);
});

t.test('a changed parameter in the form is checked again', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  const evil = { ...page, fields: { ...page.fields, redirect_uri: 'https://evil.example' } };
  isPage(t, await submit(app, evil), 400, /registered/);
  const wider = { ...page, fields: { ...page.fields, scope: 'everything' } };
  t.match(parametersOf((await submit(app, wider)).headers.location), { error: 'invalid_scope' });
});

t.test(
  'after a wrong password, an unknown user and a disabled user the page is the same, with the typed name',
  async (t) => {
    const { id, credentials: disabled } = await makeUser(app, 'ada-disabled');
    await patch(app, `/auth/users/${id}`, { disabled: true }, admin);
    const usernames = [ADMIN.username, 'unknown', '<b>', 'x'.repeat(64)];
    const refused = [disabled, ...usernames.map((username) => ({ username, password: 'wrong' }))];
    for (const credentials of refused) {
      const page = await openPage(app, authorizationRequest(challenge));
      const response = await submit(app, page, credentials);
      isPage(t, response, 403, /role="alert"[^>]*>The username or the password is wrong\./);
      t.notOk(response.payload.includes(`"${credentials.password}"`), 'the page does not have the password');
      t.notMatch(response.payload, /<b>"/);
      const fresh = { fields: hiddenFields(response.payload), cookie: cookieOf(response) };
      t.equal((await submit(app, fresh)).statusCode, 303, 'the right password is accepted afterwards');
    }
  },
);

t.test('an impossible username is wrong, and counts as a failed attempt', async (t) => {
  const lines = logged().length;
  for (const username of ['a\0b', 'two\nlines', 'K\u212aelvin', '\ud800']) {
    const page = await openPage(app, authorizationRequest(challenge));
    isPage(t, await submit(app, page, { username, password: 'wrong' }), 403, /is wrong\./);
  }
  const guess = async () =>
    submit(app, await openPage(app, authorizationRequest(challenge)), { username: '\0', password: 'wrong' });
  for (let i = 0; i < 10; i++) t.equal((await guess()).statusCode, 403);
  t.equal((await guess()).statusCode, 429);
  t.notMatch(logged().slice(lines), /"level":"error"/, 'it is no fault of the server');
});

t.test('a fault of the server is an error page, and is logged once', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  const lines = logged().length;
  const database = new pg.Client(ownerUrl);
  await database.connect();
  await database.query('ALTER TABLE users RENAME TO users_away');
  const response = await submit(app, page, { username: 'admin', password: 'any' });
  await database.query('ALTER TABLE users_away RENAME TO users');
  await database.end();
  isPage(t, response, 500, /./);
  t.equal(
    logged()
      .slice(lines)
      .match(/"level":"error"/g)?.length,
    1,
  );
});

t.test('a username in upper case or with spaces around it counts as the same username', async (t) => {
  const { credentials } = await makeUser(app, 'ada-on-a-phone');
  const typed = ['ada-on-a-phone ', ' Ada-On-A-Phone', '\t\u00a0ADA-ON-A-PHONE \u3000'];
  const send = async (username: string, password: string) =>
    submit(app, await openPage(app, authorizationRequest(challenge)), { username, password });
  for (const username of typed)
    t.equal((await send(username, credentials.password)).statusCode, 303, username);
  for (const inside of ['ada-on -a-phone', 'ada-on-a-\u200bphone']) {
    t.equal((await send(inside, credentials.password)).statusCode, 403, 'a space inside makes another name');
  }
  for (const password of [`${credentials.password} `, ` ${credentials.password}`]) {
    const refused = await send('ada-on-a-phone ', password);
    isPage(t, refused, 403, /value="ada-on-a-phone"/);
  }
  for (let i = 0; i < 8; i++) await send(typed[i % 3] ?? '', 'wrong');
  t.equal((await send('ada-on-a-phone', credentials.password)).statusCode, 429);
  t.equal((await post(app, '/auth/login', { ...credentials, username: 'ada-on-a-phone ' })).statusCode, 422);
});

t.test('a password may begin and end with spaces', async (t) => {
  const credentials = { username: 'ada-with-spaces', password: '  open sesame!  ' };
  await post(app, '/auth/users', { ...credentials, scope: '' }, admin);
  const send = async (password: string) =>
    submit(app, await openPage(app, authorizationRequest(challenge)), { ...credentials, password });
  t.equal((await send(credentials.password)).statusCode, 303);
  t.equal((await send(credentials.password.trim())).statusCode, 403);
});

t.test('guesses on the page and at /auth/login count together', async (t) => {
  const ada = await makeUser(app, 'ada-guessed');
  const guess = async (password: string) =>
    submit(app, await openPage(app, authorizationRequest(challenge)), { username: 'ada-guessed', password });
  for (let i = 0; i < 10; i++) t.equal((await guess('wrong')).statusCode, 403);
  const refused = await guess(ada.credentials.password);
  isPage(t, refused, 429, /too many failed attempts to sign in\. Try again in \d+ minutes?\./);
  t.match(refused.headers['retry-after'], /^\d+$/);
});

t.test('a user who signs in too often sees the form again, with the reason', async (t) => {
  const { id, credentials } = await makeUser(app, 'ada-often');
  await redisClient().set(`{auth}:sign-ins-of:${id}`, within.redisClock.now() + 10_000 * 20_000);
  const refused = await submit(app, await openPage(app, authorizationRequest(challenge)), credentials);
  isPage(t, refused, 429, /This account has signed in too often\. Try again in 1 minute\./);
});

t.test(
  'a full hashing queue shows the form again, with the username, and the form works later',
  async (t) => {
    const { verify } = within.passwords;
    within.passwords.verify = async () => {
      throw unavailable();
    };
    const page = await openPage(app, authorizationRequest(challenge));
    const response = await submit(app, page, { ...ADMIN, username: 'Admin ' });
    within.passwords.verify = verify;
    isPage(t, response, 503, /We cannot sign you in at the moment/);
    t.match(response.headers['retry-after'], /^\d+$/);
    t.match(response.payload, /name="username" value="Admin"/);
    t.notOk(response.payload.includes(ADMIN.password));
    t.equal((await submit(app, page)).statusCode, 303);
  },
);

t.test('a sign-in on the page is a security event with its client', async (t) => {
  const ada = await makeUser(app, 'ada-audited');
  const page = await openPage(app, authorizationRequest(challenge));
  await submit(app, page, ada.credentials);
  const items = await recordedEvents(app, admin, `event=sign_in&user_id=${ada.id}`);
  t.match(items, [{ outcome: 'succeeded', client_id: 'swagger-ui' }]);
});

t.test('the page says that cookies are blocked only if the browser sent none in time', async (t) => {
  const page = await openPage(app, authorizationRequest(challenge));
  isPage(t, await submit(app, { ...page, cookie: '' }), 400, /blocks cookies: allow cookies for this site/);
  const other = await openPage(app, authorizationRequest(challenge));
  const refused = await submit(app, { ...page, cookie: other.cookie });
  isPage(t, refused, 400, /another page replaced it/);
  t.notMatch(refused.payload, /cookies/);
});

t.test('the page and the error pages say what to do', async (t) => {
  isPage(t, await ask(), 200, /Ask your administrator if you forgot your password\./);
  const advice = /report it to the people who run the application/;
  isPage(t, await ask({ client_id: 'unknown' }), 400, advice);
  const { findById } = within.clients;
  within.clients.findById = async () => {
    throw unavailable();
  };
  const away = await ask();
  within.clients.findById = findById;
  isPage(t, away, 503, /try again in a few seconds/);
  t.notMatch(away.payload, advice);
});

t.test('the pages have the name and the logo of the product', async (t) => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  const PRODUCT_LOGO = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  const named = await another({ PRODUCT_NAME: 'Bread & <b>Butter', PRODUCT_LOGO });
  for (const client_id of ['swagger-ui', 'unknown']) {
    const query = form(authorizationRequest(challenge, { client_id }));
    const { payload, headers } = await named.inject(`/oauth/authorize?${query}`);
    t.match(headers['content-security-policy'], /; img-src 'self' data:; /);
    t.notMatch(payload, /<b>Butter/);
    const text = decodeEntities(payload);
    t.match(text, ' – Bread & <b>Butter</title>');
    t.match(text, `<p class="product"><img src="${PRODUCT_LOGO}" alt="">Bread & <b>Butter</p>`);
  }
  t.notMatch((await ask()).payload, 'class="product"', 'by default there is none');
});

t.test('a form that does not come from this page gets an error page', async (t) => {
  const json = await app.inject({ method: 'POST', url: '/oauth/authorize', payload: { username: 'admin' } });
  isPage(t, json, 415, /media type.*send application\/x-www-form-urlencoded/);
  t.equal(json.headers.accept, 'application/x-www-form-urlencoded');
  isPage(t, await postForm(app, '/oauth/authorize', { username: 'x'.repeat(255) }), 400, /form/);
  const repeated = [...Object.entries(authorizationRequest(challenge)), ['username', 'a'], ['username', 'b']];
  isPage(t, await postForm(app, '/oauth/authorize', repeated as [string, string][]), 400, /twice/);
});
