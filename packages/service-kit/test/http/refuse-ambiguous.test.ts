import t, { type Test } from 'tap';
import { exchange, listening, startedProcess } from '../support/process.ts';

async function started(t: Test) {
  const { app } = await startedProcess(t, [
    async (app) => {
      app.get('/things', async (request) => request.query);
      app.post('/things', { schema: { body: {} } }, async (request) => ({ got: request.body }));
    },
  ]);
  return app;
}

t.test('a content coding is 415, and the answer names the supported one', async (t) => {
  const app = await started(t);
  const post = (coding: string) =>
    app.inject({
      method: 'POST',
      url: '/things',
      headers: { 'content-encoding': coding, 'content-type': 'application/json' },
      payload: '{}',
    });
  for (const coding of ['gzip', 'br', 'identity, gzip', 'nonsense']) {
    const response = await post(coding);
    t.match(
      response.json(),
      { status: 415, code: 'unsupported_content_coding', instance: '/things' },
      coding,
    );
    t.equal(response.headers['accept-encoding'], 'identity');
  }
  for (const coding of ['identity', 'Identity']) t.equal((await post(coding)).statusCode, 200, coding);
});

t.test('a transfer coding other than chunked and an unknown expectation are refused', async (t) => {
  const port = await listening(await started(t));
  const post = (field: string) =>
    exchange(
      port,
      `POST /things HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n${field}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    );
  t.match(await post('Transfer-Encoding: Chunked'), /^HTTP\/1.1 200 /);
  t.match(await post('Transfer-Encoding: gzip, chunked'), /^HTTP\/1.1 400 .*"code":"invalid_request"/s);
  t.match(
    await post('Transfer-Encoding: chunked\r\nExpect: 200-ok'),
    /^HTTP\/1.1 417 .*application\/problem\+json.*"code":"expectation_failed"/s,
  );
  t.match(
    await post('Transfer-Encoding: chunked\r\nExpect: 100-Continue'),
    /^HTTP\/1.1 100 .*HTTP\/1.1 200 /s,
  );
});

t.test('a query that is not percent-encoded UTF-8 is 400', async (t) => {
  const app = await started(t);
  for (const query of ['x=%', 'x=%zz', 'x=%ff', '%C3%28=x', 'x=%ED%A0%80', 'x=%C0%80']) {
    t.match((await app.inject(`/things?${query}`)).json(), { status: 400, code: 'invalid_request' }, query);
  }
  t.same((await app.inject('/things?x=%C3%AB%25+%00&y=%F0%9F%A6%8A')).json(), { x: 'ë% \0', y: '🦊' });
});
