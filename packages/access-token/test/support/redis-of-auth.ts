import { type Teardown, type TestServer, testRedis } from '@pair/test-kit';
import { Redis } from 'ioredis';

export interface RedisOfAuth {
  server: TestServer;
  client: Redis;
  /** As auth announces it. `until` is in seconds since 1970; in ten minutes unless it is given. */
  revoke(kind: 'sid' | 'jti' | 'kid', id: string, until?: number): Promise<unknown>;
  /** As the first script of auth that writes to an empty Redis. */
  nameEpoch(epoch: string): Promise<unknown>;
}

/** A Redis as auth leaves it: with an epoch, that of `mintClaims` unless it is another or null. */
export async function redisOfAuth(
  t: Teardown,
  { epoch = 'test-epoch', args = [] }: { epoch?: string | null; args?: string[] } = {},
): Promise<RedisOfAuth> {
  const server = await testRedis(t, { args });
  const client = new Redis(server.url);
  client.on('error', () => {}); // this server goes away on purpose
  t.teardown(() => client.disconnect());
  if (epoch !== null) await client.set('{auth}:epoch', epoch);
  return {
    server,
    client,
    revoke: (kind, id, until = inTenMinutes()) =>
      client.xadd('{auth}:revocations', '*', kind, id, 'until', until),
    nameEpoch: (name) =>
      client
        .multi()
        .set('{auth}:epoch', name)
        .xadd('{auth}:revocations', '*', 'epoch', name, 'until', inTenMinutes())
        .exec(),
  };
}

const inTenMinutes = () => Math.floor(Date.now() / 1_000) + 665;
