import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { startedServer } from './support/server.ts';

t.test('a process that is stopped under load answers every request that it has accepted', async (t) => {
  const { server, url, headers } = await startedServer(t);
  const statuses: number[] = [];
  const clients = Array.from({ length: 8 }, async () => {
    for (;;) {
      try {
        const response = await fetch(`${url}/customers?n=1`, {
          headers: { ...headers, connection: 'close' },
        });
        await response.text();
        statuses.push(response.status);
      } catch {
        return; // the process has stopped listening
      }
    }
  });
  await waitFor(() => statuses.length > 100);
  t.equal(await server.stop(), 0);
  await Promise.all(clients);
  t.same([...new Set(statuses)], [200]);
});
