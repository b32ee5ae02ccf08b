import t from 'tap';
import { ApiError } from '../src/index.ts';
import { fakeServer, problem, signedIn } from './support/fake-server.ts';

async function thrownFor(response: Response): Promise<ApiError> {
  const { client } = fakeServer(() => response, { storage: signedIn() });
  const error = await client.customers.GET('/customers').catch((error: unknown) => error);
  if (error instanceof ApiError) return error;
  throw new Error('no ApiError', { cause: error });
}

t.test('a problem document becomes an ApiError with all its members', async (t) => {
  const errors = [{ pointer: '/dob', detail: 'There is no such day.' }];
  const error = await thrownFor(problem(422, 'validation_failed', {}, { errors }));
  t.match(error, {
    name: 'ApiError',
    message: '422 validation_failed: Because of validation_failed.',
    status: 422,
    code: 'validation_failed',
    detail: 'Because of validation_failed.',
    errors,
    requestId: 'r-1',
    retryAfterSeconds: undefined,
    cause: { title: '', instance: undefined, errors },
  });
});

t.test('an OAuth 2.0 error becomes an ApiError', async (t) => {
  const error = await thrownFor(
    Response.json(
      { error: 'invalid_client', error_description: 'Unknown client.' },
      { status: 401, headers: { 'x-request-id': 'r-2' } },
    ),
  );
  t.match(error, {
    status: 401,
    code: 'invalid_client',
    detail: 'Unknown client.',
    errors: [],
    requestId: 'r-2',
  });
});

t.test('any other answer that is not 2xx becomes an ApiError', async (t) => {
  for (const body of ['<h1>Bad Gateway</h1>', 'null', '17', '"code"', '[]', '']) {
    const error = await thrownFor(new Response(body, { status: 502, statusText: 'Bad Gateway' }));
    t.match(error, { status: 502, code: 'http_502', detail: 'Bad Gateway', errors: [] }, body);
    t.equal(error.requestId, undefined);
  }
  t.match(await thrownFor(new Response(null, { status: 304 })), { status: 304, code: 'http_304' });
});

t.test('a 2xx that is not JSON becomes an ApiError, unless the caller asks for text', async (t) => {
  const portal = '<h1>Welcome to the airport</h1>';
  const headers = { 'content-type': 'text/html', 'content-length': `${portal.length}` };
  for (const init of [{}, { headers }]) {
    const error = await thrownFor(new Response(portal, init));
    t.match(error, {
      status: 200,
      code: 'unexpected_answer',
      detail: /not from the services/,
      errors: [],
    });
    t.equal(error.cause, portal);
  }
  const { client } = fakeServer(() => new Response(portal), { storage: signedIn() });
  t.equal((await client.customers.GET('/customers', { parseAs: 'text' })).data, portal);
  await t.rejects(client.customers.GET('/customers', { parseAs: 'json' }), { code: 'unexpected_answer' });
  await t.rejects(client.signIn('ada', 'the engine'), { code: 'unexpected_answer' });
});

t.test('an empty answer is no error', async (t) => {
  for (const answer of [new Response(''), new Response(null, { status: 204 })]) {
    const { client } = fakeServer(() => answer, { storage: signedIn() });
    t.equal((await client.auth.POST('/oauth/revoke', { body: { token: 'rt_' } })).data, undefined);
  }
});
