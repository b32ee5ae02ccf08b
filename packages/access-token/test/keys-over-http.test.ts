import { randomBytes } from 'node:crypto';
import { mintClaims, mintKey, rounds, waitFor } from '@pair/test-kit';
import t from 'tap';
import { guardedProcess, ready } from './support/guarded-process.ts';
import { heldTimers } from './support/held-timers.ts';

const FORGERIES = rounds({ short: 500, long: 10_000 });
const AT_ONCE = 50;
const MINUTE_MS = 60_000;

t.test(
  `${FORGERIES} tokens with random kids cost one fetch in 30 s, and do not delay a new key that was published ahead`,
  async (t) => {
    const timers = heldTimers();
    const guarded = await guardedProcess(t, { setTimer: timers.setTimer });
    await ready(guarded);
    const { jwks, key, send, clock } = guarded;
    const flood = async () => {
      const statuses = new Set<number>();
      for (let sent = 0; sent < FORGERIES; sent += AT_ONCE) {
        const tokens = Array.from({ length: AT_ONCE }, () =>
          key.sign(mintClaims(), { kid: randomBytes(32).toString('base64url') }),
        );
        const answers = await Promise.all(tokens.map(async (token) => send(await token)));
        for (const { statusCode } of answers) statuses.add(statusCode);
      }
      t.same([...statuses], [401]);
    };
    await flood();
    t.equal(jwks.requests, 2, 'the first fetch, and one for all forgeries');

    const next = await mintKey();
    jwks.keys = [key, next];
    const refresh = await timers.next();
    t.equal(refresh.delayMs, MINUTE_MS);
    refresh.run();
    await waitFor(() => guarded.keys.has(next.kid));
    t.equal(
      (await send(await next.sign(mintClaims()))).statusCode,
      200,
      'the new key is known before it signs',
    );
    t.equal(jwks.requests, 3);

    clock.aheadMs += 30_000;
    await waitFor(() => guarded.feed.isFresh());
    await flood();
    t.equal(jwks.requests, 4);
    t.equal((await send(await key.sign(mintClaims()))).statusCode, 200);
  },
);

t.test('while auth is down tokens are accepted for an hour, then are 503 until it is back', async (t) => {
  const timers = heldTimers();
  const guarded = await guardedProcess(t, { setTimer: timers.setTimer });
  await ready(guarded);
  const { jwks, key, send, clock, feed } = guarded;
  const status = async () => (await send(await key.sign(mintClaims()))).statusCode;
  const advance = async (ms: number) => {
    clock.aheadMs += ms;
    await waitFor(() => feed.isFresh()); // Redis is up all the time
  };
  await jwks.stop();
  (await timers.next()).run();
  await advance(59 * MINUTE_MS);
  t.equal(await status(), 200);
  await advance(MINUTE_MS);
  const refused = await send(await key.sign(mintClaims()));
  t.equal(refused.statusCode, 503);
  t.equal(refused.headers['retry-after'], '1');
  await jwks.start();
  (await timers.next()).run();
  await waitFor(async () => (await status()) === 200);
});
