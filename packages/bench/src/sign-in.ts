import { ADMIN, signIn, startAuth } from './auth-process.ts';

/**
 * Measures the time of an answer to an unknown user, a wrong password and the right one, one at a time and in random
 * order: from a difference an attacker could learn which names exist. Each attempt has an address of its own, so auth
 * limits none.
 */
const ROUNDS = 500;
const ATTEMPTS = {
  'unknown user': { ...ADMIN, username: 'stranger' },
  'wrong password': { ...ADMIN, password: 'not the password' },
  'right password': ADMIN,
};

const teardowns: (() => unknown)[] = [];
const t = { teardown: (fn: () => unknown) => teardowns.unshift(fn) };

try {
  const { url } = await startAuth(t);
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
