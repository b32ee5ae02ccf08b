import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { type Teardown, testRedis } from '@pair/test-kit';
import { ADMIN, type Credentials, createUsers, signIn, startAuth } from './auth-process.ts';
import { contest, printHead, type Sample } from './contest.ts';
import { CONNECTIONS, load } from './load.ts';
import { type MeasuredProcess, startMeasured } from './measured-process.ts';

const SIGN_IN_CONNECTIONS = 16;
const JSON_TYPE = { 'content-type': 'application/json' };
/** As auth hashes. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Measures refresh and sign-in on one process of auth, whose Redis writes each change to the disk before it answers. The
 * ceiling of a refresh is a bare Fastify route that swaps a nonce by one call of Lua and signs a token. The ceiling of a
 * sign-in is argon2id alone, on all cores.
 */
export async function benchTokens(t: Teardown): Promise<void> {
  const [auth, redis] = await Promise.all([startAuth(t), testRedis(t)]);
  const swap = await startMeasured(t, 'packages/bench/dist/lua-swap.js', { REDIS_URL: redis.url });
  printHead('auth');
  for (const connections of [CONNECTIONS, 1]) {
    await contest(
      connections === 1 ? 'refresh, one connection' : 'refresh',
      { name: 'auth', run: (seconds) => refreshes(auth, connections, seconds) },
      [{ name: 'a Lua swap and a signature', run: (seconds) => refreshes(swap, connections, seconds) }],
    );
  }
  const users = await createUsers(auth.url, SIGN_IN_CONNECTIONS);
  await contest('sign-in', { name: 'auth', run: (seconds) => signIns(auth, users, seconds) }, [
    { name: 'argon2id', run: argon2 },
  ]);
  console.log(`\nresident memory of auth after this: ${auth.residentMegabytes().toFixed()} MB`);
}

/** Each connection has a session of its own, and uses each refresh token once. */
async function refreshes(process: MeasuredProcess, connections: number, seconds: number): Promise<Sample> {
  // one after the other, because auth verifies at most ten passwords of a user at once
  const tokens: string[] = [];
  while (tokens.length < connections) tokens.push(await begin(process.url));
  return load(
    process,
    {
      path: '/auth/refresh',
      method: 'POST',
      headers: JSON_TYPE,
      connections,
      setupClient: (client) => {
        const use = (refresh_token = '') => client.setBody(JSON.stringify({ refresh_token }));
        use(tokens.pop());
        client.on('body', (body) => use(JSON.parse(String(body)).refresh_token));
      },
    },
    seconds,
  );
}

async function begin(url: string): Promise<string> {
  const answer = await signIn(url);
  return ((await answer.json()) as { refresh_token: string }).refresh_token;
}

/** Each connection has a user of its own, because auth verifies at most ten passwords of a user at once. */
function signIns(auth: MeasuredProcess, users: Credentials[], seconds: number): Promise<Sample> {
  const waiting = [...users];
  return load(
    auth,
    {
      path: '/auth/login',
      method: 'POST',
      headers: JSON_TYPE,
      connections: users.length,
      setupClient: (client) => client.setBody(JSON.stringify(waiting.pop())),
    },
    seconds,
  );
}

/** One verification in progress for each core. */
async function argon2(seconds: number): Promise<Sample> {
  const passwordHash = await hash(ADMIN.password, ARGON2);
  const start = performance.now();
  const times: number[] = [];
  const work = async () => {
    while (performance.now() - start < seconds * 1_000) {
      const before = performance.now();
      await verify(passwordHash, ADMIN.password);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  times.sort((a, b) => a - b);
  return {
    perSecond: (times.length * 1_000) / (performance.now() - start),
    meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
    p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
  };
}
