import { type Teardown, type TestServer, testRedis } from '@pair/test-kit';
import { Redis } from 'ioredis';

export interface RedisOfAuth {
  server: TestServer;
  client: Redis;
  /** Revokes an id as auth does. `until` is in seconds since 1970, by default a little more than ten minutes from now. */
  revoke(kind: 'sid' | 'jti' | 'kid', id: string, until?: number): Promise<unknown>;
  /** Announces a nonce for proofs as auth does. `until` is in seconds since 1970, by default two minutes from now. */
  nameNonce(nonce: string, until?: number): Promise<unknown>;
  /** Writes the epoch as auth does when it first writes to an empty Redis. */
  nameEpoch(epoch: string): Promise<unknown>;
}

/** A Redis with the epoch of auth: by default the one of `mintClaims`; null for none. */
export async function redisOfAuth(
  t: Teardown,
  { epoch = 'test-epoch', args = [] }: { epoch?: string | null; args?: string[] } = {},
): Promise<RedisOfAuth> {
  const server = await testRedis(t, { args });
  const client = new Redis(server.url);
  client.on('error', () => {}); // tests stop this server on purpose
  t.teardown(() => client.disconnect());
  if (epoch !== null) await client.set('{auth}:epoch', epoch);
  return {
    server,
    client,
    revoke: (kind, id, until = inTenMinutes()) =>
      client.xadd('{auth}:revocations', '*', kind, id, 'until', until),
    nameNonce: (nonce, until = Math.ceil(Date.now() / 1_000) + 120) =>
      client.xadd('{auth}:revocations', '*', 'nonce', nonce, 'until', until),
    nameEpoch: (name) =>
      client
        .multi()
        .set('{auth}:epoch', name)
        .xadd('{auth}:revocations', '*', 'epoch', name, 'until', inTenMinutes())
        .exec(),
  };
}

const inTenMinutes = () => Math.floor(Date.now() / 1_000) + 665;
