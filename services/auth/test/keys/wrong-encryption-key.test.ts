import { freePort, startProcess, testPostgres, testRedis, waitFor } from '@pair/test-kit';
import t from 'tap';
import { migrated } from '../support/auth-under-test.ts';
import { newEncryptionKey } from '../support/rings.ts';

const SERVER = 'services/auth/dist/server.js';

t.test('a wrong KEY_ENCRYPTION_KEY', async (t) => {
  const [postgres, redis] = await Promise.all([testPostgres(t), testRedis(t)]);
  const DATABASE_URL = await migrated(postgres.url);
  const start = async (key: string) => {
    const port = await freePort();
    const env = {
      PORT: String(port),
      DATABASE_URL,
      REDIS_URL: redis.url,
      KEY_ENCRYPTION_KEY: key,
    };
    const server = await startProcess(t, { entry: SERVER, env });
    return {
      ...server,
      status: async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status,
    };
  };
  const first = await start(newEncryptionKey());
  await waitFor(async () => (await first.status('/readyz')) === 200, 20_000);

  await t.test('ends the start with one clear sentence and exit code 1', async (t) => {
    const wrong = await start(newEncryptionKey());
    t.equal(await wrong.exited, 1);
    const lines = wrong
      .output()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('{'));
    t.equal(lines.length, 1, wrong.output());
    t.match(
      lines[0],
      /^KEY_ENCRYPTION_KEY does not open signing key [\w-]{43}\. Set it to the key .+ "new,old"\.$/,
    );
    t.notMatch(wrong.output(), /"level":"(error|fatal)"/);
    t.equal(await first.status('/readyz'), 200, 'the process with the right key goes on');
  });

  await t.test('is in the log after the first reading, if PostgreSQL was away at the start', async (t) => {
    await postgres.stop();
    const wrong = await start(newEncryptionKey());
    await waitFor(async () => (await wrong.status('/livez')) === 200, 20_000);
    t.equal(await wrong.status('/.well-known/jwks.json'), 503);
    await postgres.start();
    await waitFor(() => wrong.output().includes('KEY_ENCRYPTION_KEY does not open signing key'), 10_000);
    t.equal(await wrong.status('/readyz'), 503);
    t.equal(await wrong.status('/livez'), 200);
  });
});
