import assert from 'node:assert/strict';

/** Sends requests to the API at `url`, as JSON, with the access token of `session` if it is set. */
export function apiClient(url) {
  async function call(method, path, { body, session } = {}) {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(session === undefined ? {} : { authorization: `Bearer ${session.access_token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async function ok(method, path, options) {
    const { status, body } = await call(method, path, options);
    assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async function refused(expected, method, path, options) {
    const { status, headers, body } = await call(method, path, options);
    assert.equal(status, expected, `${method} ${path}: ${JSON.stringify(body)}`);
    assert.match(headers.get('content-type'), /^application\/problem\+json/);
    assert.equal(body.status, expected);
    return body;
  }

  function refusedWithin(ms, path, session) {
    return until(ms, async () => (await call('GET', path, { session })).status === 401);
  }

  return { call, ok, refused, refusedWithin };
}

/** Repeats the condition until it holds, for `ms` at most. */
export async function until(ms, condition) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
