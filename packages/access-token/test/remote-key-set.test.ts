import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { SetTimer } from '@pair/service-kit';
import {
  isWithin,
  type JwksServer,
  jwksServer,
  type MintedKey,
  mintKey,
  type Teardown,
  testProxy,
  waitFor,
} from '@pair/test-kit';
import t, { type Test } from 'tap';
import { createRemoteKeySet, KeysUnavailable } from '../src/index.ts';
import { heldTimers } from './support/held-timers.ts';
import { capturedLog } from './support/log.ts';

const KID = 'an-unknown-key';
const MINUTE_MS = 60_000;

/** Starts a key set that fetches from `jwks`. Only the test moves its clock. */
function follow(t: Teardown, jwks: JwksServer, setTimer?: SetTimer) {
  const clock = { ms: 0 };
  const { log, messages } = capturedLog();
  const keys = createRemoteKeySet({
    url: jwks.url,
    log,
    now: () => clock.ms,
    ...(setTimer === undefined ? {} : { setTimer }),
  });
  t.teardown(() => keys.stop());
  keys.start();
  return { keys, clock, messages };
}

async function loaded(t: Teardown, published: MintedKey[], setTimer?: SetTimer) {
  const jwks = await jwksServer(t, published);
  const following = follow(t, jwks, setTimer);
  await waitFor(() => published.every(({ kid }) => following.keys.has(kid)));
  return { jwks, ...following };
}

/** Node ends a PEM with a line break, jose does not. */
const pemOf = (key: MintedKey) => `${key.publicPem}\n`;

async function isUnavailable(t: Test, promise: unknown, name = 'unavailable') {
  const error = await Promise.resolve(promise).catch((reason) => reason);
  t.ok(error instanceof KeysUnavailable, name);
}

const answer = (status: number, body: string) => (_request: IncomingMessage, response: ServerResponse) => {
  response.statusCode = status;
  response.end(body);
};

t.test('start does not wait for auth, and the keys are available once auth is up', async (t) => {
  const key = await mintKey();
  const jwks = await jwksServer(t, [key]);
  await jwks.stop();
  const { keys, messages } = follow(t, jwks);
  t.notOk(keys.has(key.kid));
  await isUnavailable(t, keys.ready());
  await isUnavailable(t, keys.get(key.kid), 'unavailable, not: no such key');
  await waitFor(() => messages().length === 1);
  await jwks.start();
  await waitFor(() => keys.has(key.kid));
  t.equal(await keys.get(key.kid), pemOf(key));
  await t.resolves(keys.ready());
  t.strictSame(
    messages(),
    ['signing keys cannot be fetched', 'signing keys can be fetched again'],
    'each message once',
  );
});

t.test('failed fetches are repeated after 0.1 s, then half as often, then every 2 s', async (t) => {
  const timers = heldTimers();
  const jwks = await jwksServer(t, []);
  jwks.respond = answer(503, '');
  const { keys } = follow(t, jwks, timers.setTimer);
  for (const delayMs of [100, 200, 400, 800, 1_600, 2_000, 2_000]) {
    const timer = await timers.next();
    t.equal(timer.delayMs, delayMs);
    timer.run();
  }
  const last = await timers.next();
  jwks.respond = undefined;
  last.run();
  const refresh = await timers.next();
  await t.resolves(keys.ready());
  t.equal(refresh.delayMs, MINUTE_MS);
  jwks.respond = answer(503, '');
  refresh.run();
  t.equal((await timers.next()).delayMs, 100, 'after a success the delays begin again');
});

t.test('requests cause no fetch while the first is running', async (t) => {
  const jwks = await jwksServer(t, []);
  jwks.respond = () => {}; // the first fetch hangs
  const { keys } = follow(t, jwks);
  await waitFor(() => jwks.requests === 1);
  await Promise.allSettled(Array.from({ length: 50 }, () => keys.get(KID)));
  t.equal(jwks.requests, 1);
});

t.test('the set is fetched again each minute', async (t) => {
  const timers = heldTimers();
  const [key, next] = await Promise.all([mintKey(), mintKey()]);
  const { jwks, keys } = await loaded(t, [key], timers.setTimer);
  for (const [published, gone] of [
    [next, key],
    [key, next],
  ] as const) {
    const timer = await timers.next();
    t.equal(timer.delayMs, MINUTE_MS);
    jwks.keys = [published];
    timer.run();
    await waitFor(() => keys.has(published.kid));
    t.notOk(keys.has(gone.kid), 'a key that has left the set is gone at once');
  }
});

t.test('requests during a fetch wait for it', async (t) => {
  const { jwks, keys } = await loaded(t, [await mintKey()]);
  let release = () => {};
  jwks.respond = (_request, response) => {
    release = () => response.end('{"keys":[]}');
  };
  const unknown = [keys.get(KID), keys.get('another-key')];
  await waitFor(() => jwks.requests === 2);
  unknown.push(keys.get(KID));
  release();
  t.strictSame(await Promise.all(unknown), [undefined, undefined, undefined]);
  t.equal(jwks.requests, 2);
});

t.test('the timers of a key set do not keep a process alive', async (t) => {
  const jwks = await jwksServer(t, []);
  const waiting = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = waiting();
  const { keys } = follow(t, jwks);
  while (
    !(await keys.ready().then(
      () => true,
      () => false,
    ))
  )
    await setImmediate();
  t.equal(waiting(), before);
});

t.test('an unknown kid', async (t) => {
  const [key, next] = await Promise.all([mintKey(), mintKey()]);

  await t.test('is looked for once, for all requests at the same time', async (t) => {
    const { jwks, keys } = await loaded(t, [key]);
    jwks.keys = [key, next];
    const found = await Promise.all(Array.from({ length: 100 }, () => keys.get(next.kid)));
    t.ok(found.every((pem) => pem === pemOf(next)));
    t.equal(jwks.requests, 2);
  });

  await t.test('causes no second fetch within 30 s, nor does another unknown kid', async (t) => {
    const { jwks, keys, clock } = await loaded(t, [key]);
    for (let i = 0; i < 100; i += 1) t.equal(await keys.get(`${KID}-${i}`), undefined);
    t.equal(jwks.requests, 2);
    clock.ms += 29_999;
    await keys.get(KID);
    t.equal(jwks.requests, 2);
    clock.ms += 1;
    await keys.get(KID);
    t.equal(jwks.requests, 3);
  });

  await t.test('that is malformed is never looked for', async (t) => {
    const { jwks, keys } = await loaded(t, [key]);
    for (const kid of ['', '../x', 'a b', 'é', 'k'.repeat(65), `${key.kid}\n`, '\0', 'http://127.0.0.1/']) {
      t.equal(await keys.get(kid), undefined, JSON.stringify(kid));
    }
    t.equal(jwks.requests, 1);
  });

  await t.test(
    'is unavailable while the set cannot be fetched, because auth may have published it',
    async (t) => {
      const { jwks, keys, clock } = await loaded(t, [key]);
      jwks.respond = answer(500, '');
      await isUnavailable(t, keys.get(next.kid));
      const { requests } = jwks;
      await isUnavailable(t, keys.get(next.kid), 'within the 30 s too');
      t.ok(jwks.requests <= requests + 1, 'without another fetch');
      t.equal(await keys.get(key.kid), pemOf(key), 'a known key stays available');
      jwks.respond = undefined;
      jwks.keys = [key, next];
      clock.ms += 30_000;
      t.equal(await keys.get(next.kid), pemOf(next));
    },
  );
});

t.test('a key that is absent from a fetched set is gone at once', async (t) => {
  const [key, next] = await Promise.all([mintKey(), mintKey()]);
  const { jwks, keys } = await loaded(t, [key]);
  jwks.keys = [next];
  await keys.get(next.kid);
  t.notOk(keys.has(key.kid));
  t.equal(await keys.get(key.kid), undefined);
});

t.test('a set that cannot be fetched leaves the last good one in use for 60 minutes', async (t) => {
  const key = await mintKey();
  const { jwks, keys, clock } = await loaded(t, [key]);
  await jwks.stop();
  clock.ms += 59 * MINUTE_MS;
  await isUnavailable(t, keys.get(KID), 'an unknown kid makes it fetch, in vain');
  t.ok(keys.has(key.kid));
  t.equal(await keys.get(key.kid), pemOf(key));
  await t.resolves(keys.ready());
  clock.ms += MINUTE_MS;
  t.notOk(keys.has(key.kid));
  await isUnavailable(t, keys.get(key.kid));
  await isUnavailable(t, keys.ready());
});

t.test('an answer that is not a key set counts as a failed fetch', async (t) => {
  const key = await mintKey();
  const { jwks, keys, clock } = await loaded(t, [key]);
  const answers = {
    'an error': answer(500, '{"keys":[]}'),
    'not found': answer(404, '{"keys":[]}'),
    'another status': answer(203, '{"keys":[]}'),
    'a page': answer(200, '<html>'),
    null: answer(200, 'null'),
    'no keys': answer(200, '{}'),
    'keys that are no list': answer(200, '{"keys":{}}'),
    nothing: answer(200, ''),
    'a cut connection': (request: IncomingMessage) => void request.socket.destroy(),
  };
  for (const [name, respond] of Object.entries(answers)) {
    jwks.respond = respond;
    clock.ms += 30_000;
    await isUnavailable(t, keys.get(KID), name);
    t.ok(keys.has(key.kid), `${name}: the last good set stays`);
  }
});

t.test('a redirect is not followed', async (t) => {
  const [key, elsewhere] = await Promise.all([mintKey(), mintKey()]);
  const other = await jwksServer(t, [elsewhere]);
  const { jwks, keys } = await loaded(t, [key]);
  jwks.respond = (_request, response) => {
    response.writeHead(302, { location: other.url }).end();
  };
  await isUnavailable(t, keys.get(elsewhere.kid));
  t.equal(other.requests, 0);
  t.notOk(keys.has(elsewhere.kid));
});

t.test('an answer of more than 64 KiB is cut off while it arrives', async (t) => {
  const key = await mintKey();
  const { jwks, keys } = await loaded(t, [key]);
  let sent = 0;
  let cut = false;
  jwks.respond = (_request, response) => {
    const chunk = ' '.repeat(16 * 1024);
    const send = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
    };
    response.on('drain', send).on('close', () => {
      cut = true;
    });
    send();
  };
  const started = performance.now();
  await isUnavailable(t, keys.get(KID));
  await waitFor(() => cut);
  t.ok(isWithin(performance.now() - started, 1_500), 'not by the time-out');
  t.ok(sent < 16 * 1024 * 1024);
});

t.test('a fetch without an answer in 2 s is aborted', async (t) => {
  const key = await mintKey();
  const hangs = {
    'before its head': () => {},
    'in its body': (_request: IncomingMessage, response: ServerResponse) => void response.write('{"keys":['),
  };
  await Promise.all(
    Object.entries(hangs).map(async ([name, respond]) => {
      const { jwks, keys } = await loaded(t, [key]);
      jwks.respond = respond;
      const started = performance.now();
      await isUnavailable(t, keys.get(KID), name);
      const tookMs = performance.now() - started;
      t.ok(tookMs > 1_900 && isWithin(tookMs, 2_900), `${name}: ${tookMs} ms`);
      t.ok(keys.has(key.kid));
    }),
  );
});

t.test('a connection that loses its packets is abandoned: the next fetch opens a new one', async (t) => {
  const [first, second] = [await mintKey(), await mintKey()];
  const jwks = await jwksServer(t, [first]);
  const proxy = await testProxy(t, Number(new URL(jwks.url).port));
  const url = new URL(jwks.url);
  url.port = String(proxy.port);
  const { keys } = follow(t, { ...jwks, url: url.href });
  await waitFor(() => keys.has(first.kid));
  proxy.silenceOpen();
  jwks.keys = [first, second];
  await isUnavailable(t, keys.get(second.kid), 'while it is silent');
  t.equal(await keys.get(first.kid), pemOf(first), 'a known key stays available');
  await waitFor(() => keys.has(second.kid), 2_000);
});

t.test('only keys that can verify ES256 are accepted', async (t) => {
  const [key, other] = await Promise.all([mintKey(), mintKey()]);
  const jwk = { ...other.publicJwk, kid: 'refused' };
  const jwkOf = (publicKey: ReturnType<typeof generateKeyPairSync>['publicKey']) =>
    publicKey.export({ format: 'jwk' });
  const rsa = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
  const p384 = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey);
  const ed25519 = jwkOf(generateKeyPairSync('ed25519').publicKey);
  const refused: Record<string, unknown> = {
    RSA: { ...rsa, kid: 'refused' },
    'P-384': { ...p384, kid: 'refused' },
    Ed25519: { ...ed25519, kid: 'refused' },
    'a secret': { kty: 'oct', k: 'c2VjcmV0', kid: 'refused' },
    'for encryption': { ...jwk, use: 'enc' },
    'for another algorithm': { ...jwk, alg: 'ES384' },
    'for an algorithm with secrets': { ...jwk, alg: 'HS256' },
    'not on the curve': { ...jwk, y: jwk.x },
    'without y': { ...jwk, y: undefined },
    'with a number for x': { ...jwk, x: 1 },
    'without kid': { ...jwk, kid: undefined },
    'with a kid that is a path': { ...jwk, kid: '../refused' },
    'with a kid that is a list': { ...jwk, kid: ['refused'] },
    'not an object': 'refused',
    null: null,
  };
  for (const [name, entry] of Object.entries(refused)) {
    const jwks = await jwksServer(t, [key]);
    jwks.respond = answer(200, JSON.stringify({ keys: [entry, key.publicJwk] }));
    const { keys } = follow(t, jwks);
    await waitFor(() => keys.has(key.kid));
    t.equal(await keys.get('refused'), undefined, name);
    keys.stop();
  }
});

t.test('stop aborts the running fetch, and no other follows', async (t) => {
  const jwks = await jwksServer(t, []);
  let aborted = false;
  jwks.respond = (_request, response) => {
    response.on('close', () => {
      aborted = true;
    });
  };
  const { keys, messages } = follow(t, jwks);
  await waitFor(() => jwks.requests === 1);
  keys.stop();
  await waitFor(() => aborted, 1_000);
  await isUnavailable(t, keys.ready());
  t.equal(jwks.requests, 1);
  t.strictSame(messages(), [], 'the log has no error');
});
