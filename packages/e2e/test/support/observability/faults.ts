import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, memoryStorage } from '@pair/client';
import { execute } from '@pair/test-kit';
import { Redis } from 'ioredis';
import { ADMIN, beginSession, type ServiceProcess, type System } from '../system.ts';

/** Sends requests until `isOver`, `atOnce` at a time, and a pause after each answer. */
export async function flood(
  isOver: () => boolean,
  options: { atOnce: number; pauseMs?: number },
  send: (count: number) => Promise<Response>,
): Promise<void> {
  let count = 0;
  const work = async () => {
    while (!isOver()) {
      const response = await send(count++).catch(() => undefined);
      await response?.arrayBuffer().catch(() => undefined);
      if (options.pauseMs !== undefined) await delay(options.pauseMs);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
}

/** Reads, creates, signs in and out: a little of all that the dashboards show. */
export async function useAll({ url }: System, durationMs: number): Promise<void> {
  const start = performance.now();
  await flood(
    () => performance.now() - start > durationMs,
    { atOnce: 1, pauseMs: 50 },
    async () => {
      const { access_token, refresh_token } = await beginSession(url);
      const headers = { authorization: `Bearer ${access_token}` };
      await post(`${url}/customers`, { name: 'Ada', dob: '1815-12-10' }, headers);
      for (const path of ['/customers?n=5', '/auth/me']) await fetch(url + path, { headers });
      await fetch(`${url}/customers`);
      return post(`${url}/auth/logout`, { refresh_token });
    },
  );
}

export function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** Presents a refresh token of each of `count` sessions again, after its successor was used too. */
export async function reuseRefreshTokens({ url }: System, count: number): Promise<void> {
  const refresh = async (refresh_token: string) =>
    ((await (await post(`${url}/auth/refresh`, { refresh_token })).json()) as { refresh_token: string })
      .refresh_token;
  for (let i = 0; i < count; i++) {
    const { refresh_token: first } = await beginSession(url);
    await refresh(await refresh(first));
    await refresh(first);
  }
}

/** Presents the refresh token of a session that is bound to a key, without a proof of that key. */
export async function useTokenWithoutKey({ url }: System): Promise<void> {
  const tokens = memoryStorage();
  await createClient({ baseUrl: url, tokens, dpop: true }).signIn(ADMIN.username, ADMIN.password);
  const stolen = await tokens.get();
  await post(`${url}/auth/refresh`, { refresh_token: stolen?.refresh_token });
}

/**
 * Guesses passwords: of eight users, each from an address of its own, for refusals by the password; and of one user, for
 * refusals by the limit.
 */
export function guessPasswords({ auth }: System, isOver: () => boolean): Promise<void> {
  const url = `${auth[0]?.url}/auth/login`;
  return flood(isOver, { atOnce: 2, pauseMs: 50 }, (count) => {
    const isThrottled = count % 2 === 0;
    const username = isThrottled ? 'one-user' : `user-${count}`;
    return post(url, { username, password: 'wrong' }, addressOf(isThrottled ? 0 : count));
  });
}

/** Signs in more often than the processors can hash. */
export function fillPasswordQueue({ auth }: System, isOver: () => boolean): Promise<void> {
  const url = `${auth[0]?.url}/auth/login`;
  return flood(isOver, { atOnce: 120, pauseMs: 20 }, (count) =>
    post(url, { ...ADMIN, password: 'wrong' }, addressOf(count)),
  );
}

/** An address that the services take for the client's: they trust the loopback interface, as nginx has it. */
function addressOf(count: number): Record<string, string> {
  const [a, b, c] = createHash('sha256').update(String(count)).digest();
  return { 'x-forwarded-for': `10.${a}.${b}.${c}` };
}

/** Locks the table of customers for some seconds, while many clients read it. */
export async function lockCustomers(
  { url, databases }: System,
  accessToken: string,
  seconds: number,
): Promise<void> {
  let isOver = false;
  const reads = flood(
    () => isOver,
    { atOnce: 60 },
    (count) =>
      fetch(`${url}/customers?n=${1 + (count % 100)}`, {
        headers: { authorization: `Bearer ${accessToken}` },
      }),
  );
  await execute(databases.customers, [`BEGIN; LOCK TABLE customers; SELECT pg_sleep(${seconds}); COMMIT`]);
  isOver = true;
  await reads;
}

/** auth can neither add a signing key nor a security event. */
export function refuseInserts({ databases }: System): Promise<void> {
  return execute(databases.auth, [
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused by the test'; END $$`,
    'CREATE TRIGGER refuse BEFORE INSERT ON signing_keys EXECUTE FUNCTION refuse()',
    'CREATE TRIGGER refuse BEFORE INSERT ON security_events EXECUTE FUNCTION refuse()',
    'DELETE FROM signing_keys WHERE active_from > now()',
  ]);
}

/** Redis no longer writes each change to disk. The services notice it on their next connection. */
export async function weakenRedis({ redis }: System): Promise<void> {
  const client = new Redis(redis.url);
  await client.config('SET', 'appendfsync', 'everysec');
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal');
  client.disconnect();
}

/** Stops the process for 0.3 s again and again, as a function does that never returns to the event loop. */
export async function blockEventLoop({ pid }: ServiceProcess, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    process.kill(pid, 'SIGSTOP');
    await delay(300);
    process.kill(pid, 'SIGCONT');
    await delay(100);
  }
}
