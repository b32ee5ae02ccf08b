import { randomBytes } from 'node:crypto';
import { freePort, startProcess, testDatabase, testRedis, waitFor } from '@pair/test-kit';

/**
 * Measures the time of an answer to an unknown user, a wrong password and the right one, one at a time and in random
 * order: from a difference an attacker could learn which names exist. Each attempt has an address of its own, so auth
 * limits none.
 */
const ROUNDS = 500;
const ADMIN = { username: 'admin', password: 'the password of the admin' };
const ATTEMPTS = {
  'unknown user': { ...ADMIN, username: 'stranger' },
  'wrong password': { ...ADMIN, password: 'not the password' },
  'right password': ADMIN,
};

const teardowns: (() => unknown)[] = [];
const t = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };

try {
  const url = await startAuth();
  const elapsedMs = Object.keys(ATTEMPTS).map((): number[] => []);
  for (let round = -20; round < ROUNDS; round++) {
    for (const [i, credentials] of shuffled([...Object.values(ATTEMPTS).entries()])) {
      const start = performance.now();
      const response = await signIn(url, credentials, `10.${i}.${(round + 20) >> 8}.${(round + 20) & 255}`);
      await response.text();
      if (round >= 0) elapsedMs[i]?.push(performance.now() - start);
      if (response.status !== (credentials === ADMIN ? 200 : 401)) throw new Error(`${response.status}`);
    }
  }
  report(elapsedMs);
} finally {
  for (const teardown of teardowns) await teardown();
}

/** In a fixed order, work that the service still does for one attempt would always delay the same next one. */
function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

function signIn(url: string, credentials: typeof ADMIN, address: string): Promise<Response> {
  return fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify(credentials),
  });
}

async function startAuth(): Promise<string> {
  const [databaseUrl, redis, port] = await Promise.all([testDatabase(t), testRedis(t), freePort()]);
  const migration = await startProcess(t, {
    entry: 'services/auth/dist/cli.js',
    args: ['migrate'],
    env: { DATABASE_URL: databaseUrl, ADMIN_PASSWORD: ADMIN.password },
  });
  if ((await migration.exited) !== 0) throw new Error(migration.output());
  await startProcess(t, {
    entry: 'services/auth/dist/server.js',
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      REDIS_URL: redis.url,
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
      TRUSTED_PROXIES: '127.0.0.1',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200, 20_000);
  return url;
}

function report(elapsedMs: number[][]): void {
  console.log(
    `\nPOST /auth/login, ${ROUNDS} attempts of each kind in random order\n\n| | quarter | median | three quarters |\n|---|---|---|---|`,
  );
  for (const [i, name] of Object.keys(ATTEMPTS).entries()) {
    const sorted = elapsedMs[i]?.sort((a, b) => a - b) ?? [];
    const cells = [1, 2, 3].map((quarter) => `${sorted[Math.floor((ROUNDS * quarter) / 4)]?.toFixed(2)} ms`);
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}
