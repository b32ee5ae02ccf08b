import { randomUUID } from 'node:crypto';
import t from 'tap';
import { ADMIN, get, login, post, startAuth } from './support/auth-under-test.ts';
import { postForm } from './support/oauth.ts';

const { app } = await startAuth(t, { REGISTRATION: 'open' });
const admin = (await login(app)).access_token;

const WRONG_TYPES = [null, 1, true, [], {}, ''];

t.test('a member of a wrong type is 422, and the answer names it', async (t) => {
  const bodies: [url: string, body: Record<string, unknown>, token?: string][] = [
    ['/auth/login', { username: 'admin', password: 'a long enough password' }],
    ['/auth/refresh', { refresh_token: 'rt_x' }],
    ['/auth/users', { username: 'ada', password: 'a long enough password' }, admin],
  ];
  for (const [url, body, token] of bodies) {
    for (const name of Object.keys(body)) {
      for (const value of WRONG_TYPES) {
        const response = await post(app, url, { ...body, [name]: value }, token);
        t.equal(response.statusCode, 422, `${url} ${name} ${JSON.stringify(value)}`);
        t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8');
        t.match(response.json().errors, [{ pointer: `/${name}` }]);
      }
      const { [name]: _, ...rest } = body;
      t.match((await post(app, url, rest, token)).json(), { status: 422, errors: [{ pointer: `/${name}` }] });
    }
    t.match((await post(app, url, { ...body, is_admin: true }, token)).json(), {
      status: 422,
      errors: [{ pointer: '/is_admin' }],
    });
  }
});

t.test('the length of a text is checked before its characters are normalized', async (t) => {
  const marks = 'a'.concat('\u0301'.repeat(4_000), '\u0323'.repeat(3_500));
  const normalized = t.capture(String.prototype, 'normalize', String.prototype.normalize);
  const requests: [method: 'POST' | 'PUT', url: string, body: object, token?: string][] = [
    ['PUT', '/auth/password', { current_password: ADMIN.password, new_password: marks }, admin],
    ['PUT', '/auth/password', { current_password: marks, new_password: 'a long enough password' }, admin],
    ['POST', '/auth/users', { username: 'marks', password: marks }, admin],
    ['POST', '/auth/users', { username: marks, password: 'a long enough password' }, admin],
    ['POST', '/auth/users', { username: 'marks', password: 'a long enough password', scope: marks }, admin],
    ['POST', '/auth/login', { ...ADMIN, password: marks }],
    ['POST', '/auth/login', { ...ADMIN, username: marks }],
    ['POST', '/auth/refresh', { refresh_token: 'rt_x', scope: marks }],
  ];
  for (const [method, url, payload, token] of requests) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await app.inject({ method, url, payload, headers });
    t.equal(response.statusCode, 422, `${url} ${Object.keys(payload)}`);
  }
  const password = Buffer.from(marks).subarray(0, 8_000).toString().slice(0, -1);
  const fields = { username: 'admin', password, nonce: 'x', client_id: 'swagger-ui' };
  const page = await postForm(app, '/oauth/authorize', fields);
  t.ok(page.statusCode >= 400, String(page.statusCode));
  const longest = Math.max(0, ...normalized().map(({ receiver }) => String(receiver).length));
  t.ok(longest <= 1_024, `${longest} code units`);
});

t.test('a body that is no JSON object is 400, 413, 415 or 422', async (t) => {
  const answers: [status: number, type: string, body: string | Buffer][] = [
    [400, 'application/json', '{"username":'],
    [400, 'application/json', ''],
    [400, 'application/json', '{"username":"a","username":"b"}'],
    [400, 'application/json', '{"__proto__":{},"username":"admin","password":"12345678"}'],
    [400, 'application/json', Buffer.from([0x22, 0xff, 0x22])],
    [413, 'application/json', JSON.stringify({ username: 'x'.repeat(20_000) })],
    [415, 'application/json; charset=utf-16', '{}'],
    [415, 'application/x-www-form-urlencoded', 'username=admin&password=12345678'],
    [415, 'text/plain', '{}'],
    [422, 'application/json', '[]'],
    [422, 'application/json', 'null'],
    [422, 'application/json', '"text"'],
  ];
  for (const [status, type, payload] of answers) {
    const response = await app.inject({
      method: 'POST',
      url: '/auth/login',
      headers: { 'content-type': type },
      payload,
    });
    t.equal(response.statusCode, status, `${type} ${String(payload).slice(0, 30)}`);
    t.equal(response.json().status, status);
  }
});

t.test(
  'every route that reads a body names its media types to a client that sends another one',
  async (t) => {
    const { paths } = (await app.inject('/docs/auth/json')).json();
    let count = 0;
    for (const [path, operations] of Object.entries<Record<string, { requestBody?: { content: object } }>>(
      paths,
    )) {
      for (const [method, { requestBody }] of Object.entries(operations)) {
        if (requestBody === undefined) continue;
        count += 1;
        const response = await app.inject({
          method: method.toUpperCase() as 'POST',
          url: path.replace('{id}', randomUUID()),
          headers: { authorization: `Bearer ${admin}`, 'content-type': 'text/plain' },
          payload: 'x',
        });
        const types = Object.keys(requestBody.content);
        const about = `${method} ${path}`;
        t.equal(response.statusCode, path.startsWith('/oauth/') ? 400 : 415, about);
        const { detail, error_description: text = detail } = response.json();
        t.match(text, `send ${types.join(' or ')}, in UTF-8, and say so in Content-Type.`, about);
        t.equal(response.headers.accept, types.join(', '), about);
      }
    }
    t.ok(count > 8, `${count} routes`);
  },
);

t.test('a username or scope outside its rules is 422, and the answer names it', async (t) => {
  for (const username of [
    'ab',
    'x'.repeat(255),
    'with space',
    'ümlaut',
    'a/b',
    'a\u0000bc',
    'ſss',
    'o"hara',
    'ada@example.com\n',
    'Ada <ada@example.com>',
  ]) {
    const response = await post(app, '/auth/users', { username, password: 'a long enough password' }, admin);
    t.match(response.json(), { status: 422, errors: [{ pointer: '/username' }] }, username);
  }
  for (const scope of [
    'root',
    'customers:read,customers:write',
    ' customers:read',
    'customers:read  users:admin',
  ]) {
    const response = await post(
      app,
      '/auth/users',
      { username: 'valid', password: 'a long enough password', scope },
      admin,
    );
    t.match(response.json(), { status: 422, errors: [{ pointer: '/scope' }] }, scope);
  }
});

t.test('a page size or cursor outside its rules is 400, and the answer names it', async (t) => {
  for (const limit of ['0', '-1', '1.5', '1e1', '0x10', '101', '99999999999999999999', '', 'ten']) {
    const response = await get(app, `/auth/users?limit=${limit}`, admin);
    t.match(response.json(), { status: 400, errors: [{ pointer: '/limit' }] }, limit);
  }
  for (const cursor of ['***', 'AAAA', 'AGFk', 'YWRtaW5=', '', 'x'.repeat(500)]) {
    const response = await get(app, `/auth/users?cursor=${cursor}`, admin);
    t.match(response.json(), { status: 400, errors: [{ pointer: '/cursor' }] }, cursor);
  }
  t.equal((await get(app, '/auth/users?page=2', admin)).statusCode, 400);
  t.equal((await get(app, '/auth/users?limit=1&limit=2', admin)).statusCode, 400);
});

t.test('an unsupported method is 405 with Allow, and an unknown path 404, in the same form', async (t) => {
  const response = await get(app, '/auth/login');
  t.equal(response.statusCode, 405);
  t.equal(response.headers.allow, 'POST, OPTIONS');
  t.match((await get(app, '/auth/nothing')).json(), { status: 404, code: 'not_found' });
  t.equal((await post(app, '/auth/me', {}, admin)).statusCode, 405);
});

t.test('a wrong request for a file of Swagger UI is a fault of the client', async (t) => {
  t.equal((await get(app, '/docs/auth/static/nope.js')).statusCode, 404);
  t.equal((await get(app, '/docs/auth/static/..%5cpackage.json')).statusCode, 403);
  const headers = { range: 'bytes=99999999-' };
  const response = await app.inject({ url: '/docs/auth/static/swagger-ui.css', headers });
  t.match(response.json(), { status: 416, code: 'range_not_satisfiable' });
});

t.test('a right password beside an unknown member does not sign the user in', async (t) => {
  t.equal((await post(app, '/auth/login', { ...ADMIN, remember: 1 })).statusCode, 422);
});
