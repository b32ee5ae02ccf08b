import t, { type Test } from 'tap';
import { Type } from 'typebox';
import { startedProcess } from '../support/process.ts';

async function started(t: Test) {
  let handled = 0;
  const { app } = await startedProcess(t, [
    async (app) => {
      const things = Type.Object({ id: Type.String() });
      app.get('/one', { schema: { response: { 200: things } } }, async () => {
        handled++;
        return { id: '1' };
      });
      const content = { 'text/csv': { schema: {} }, 'application/x-ndjson': { schema: {} } };
      app.get('/two', { schema: { response: { 200: { description: 'two', content } } } }, async (request) => {
        return request.acceptedType;
      });
      app.delete('/none', { schema: { response: { 204: Type.Null() } } }, async (_request, reply) =>
        reply.code(204).send(),
      );
      app.get('/page', async (_request, reply) => reply.type('text/html').send('<p>'));
    },
  ]);
  const get = (url: string, accept: string | undefined, method: 'GET' | 'HEAD' | 'DELETE' = 'GET') =>
    app.inject({ method, url, headers: accept === undefined ? {} : { accept } });
  return { app, get, handled: () => handled };
}

t.test('a client that accepts the offered type gets it', async (t) => {
  const { get } = await started(t);
  for (const accept of [
    undefined,
    '',
    '*/*',
    'application/json',
    'application/*',
    'text/html, */*;q=0.1',
    'Application/JSON;q=0.5',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8", text/html',
    'application/json;charset=utf8',
    'application/json;charset="UTF8";q=0.1',
    ',',
    ' , ,',
    ', application/json',
  ]) {
    t.match(
      await get('/one', accept),
      { statusCode: 200, headers: { 'content-type': /json/ } },
      accept ?? 'none',
    );
  }
});

t.test('a client that does not accept it gets 406 as a problem, and the handler does not run', async (t) => {
  const { get, handled } = await started(t);
  for (const accept of [
    'text/html',
    'text/csv',
    'application/json;q=0',
    'application/xml, image/*',
    'application/jsonp',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf88',
    'application/json; header=present',
    '*/*;q=0',
    'nonsense',
  ]) {
    for (const method of ['GET', 'HEAD'] as const) {
      const response = await get('/one', accept, method);
      t.equal(response.statusCode, 406, `${method} ${accept}`);
      t.match(response.headers['content-type'], /^application\/problem\+json/);
      if (method === 'GET')
        t.match(response.json(), {
          code: 'not_acceptable',
          detail: /offers application\/json: name one of them in Accept/,
        });
    }
  }
  t.equal(handled(), 0);
});

t.test('of several offers Accept selects the preferred one, and the first of equals', async (t) => {
  const { get } = await started(t);
  const cases: [accept: string | undefined, type: string][] = [
    [undefined, 'text/csv'],
    ['*/*', 'text/csv'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['text/csv;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['text/*, application/x-ndjson;q=0.9', 'text/csv'],
    ['*/*, text/csv;q=0', 'application/x-ndjson'],
    ['application/json, */*', 'text/csv'],
    ['application/json, */*;q=0.8', 'text/csv'],
    ['application/json;q=0.9, text/plain, */*', 'text/csv'],
    ['text/csv, application/json', 'text/csv'],
    ['application/json, application/x-ndjson', 'application/x-ndjson'],
    ['application/*', 'application/x-ndjson'],
    ['TEXT/CSV;Q=0.1', 'text/csv'],
    ['text/csv;header=present', 'text/csv'],
    ['text/csv; charset=utf8; header=present', 'text/csv'],
    ['text/csv; header="Present", application/x-ndjson;q=0.5', 'text/csv'],
    ['text/csv; header=absent, application/x-ndjson;q=0.5', 'application/x-ndjson'],
    ['application/xhtml+xml,text/html;q=0.9,*/*;q=0.8', 'text/csv'],
    ['text/csv;q=junk, application/x-ndjson;q=0.1', 'application/x-ndjson'],
  ];
  for (const [accept, type] of cases) t.equal((await get('/two', accept)).payload, type, accept ?? 'none');
});

t.test(
  'a client that accepts only JSON gets none of several other offers, and the refusal names them',
  async (t) => {
    const { get } = await started(t);
    for (const accept of [
      'application/json',
      'application/json, text/csv;q=0',
      'text/csv;header=absent',
      '*/*;q=0',
    ]) {
      t.match(
        (await get('/two', accept)).json(),
        {
          status: 406,
          detail: /offers text\/csv, application\/x-ndjson: name one of them in Accept, or \*\/\*\./,
        },
        accept,
      );
    }
  },
);

t.test('a long Accept is read up to a limit, and is 406 beyond it', async (t) => {
  const { get } = await started(t);
  const ofLength = (length: number) => '*/*'.padStart(length, ',');
  t.equal((await get('/two', ofLength(2_048))).statusCode, 200);
  t.match((await get('/two', ofLength(2_049))).json(), {
    status: 406,
    detail: /^Accept has more than 2048 characters\. This resource offers/,
  });
  t.equal((await get('/two', ','.repeat(16_000))).statusCode, 406);
});

t.test('an answer that depends on Accept says so to caches', async (t) => {
  const { get } = await started(t);
  t.equal((await get('/two', undefined)).headers.vary, 'Accept');
  t.equal((await get('/two', undefined, 'HEAD')).headers.vary, 'Accept');
  t.equal((await get('/two', 'text/html')).headers.vary, 'Accept', 'a refusal has the header too');
  t.notOk('vary' in (await get('/one', undefined)).headers);
});

t.test('a route without content and a route without a schema ignore Accept', async (t) => {
  const { get } = await started(t);
  t.equal((await get('/none', 'text/html', 'DELETE')).statusCode, 204);
  t.equal((await get('/page', 'application/json')).statusCode, 200);
});
