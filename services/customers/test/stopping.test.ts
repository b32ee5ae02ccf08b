import { once } from 'node:events';
import { request } from 'node:http';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { startedServer } from './support/server.ts';

t.test('after SIGTERM the process answers the running request, then ends with 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { server, url, headers, client } = await startedServer(t);
    await client.query('BEGIN');
    await client.query('LOCK TABLE customers IN ACCESS EXCLUSIVE MODE');
    const inFlight = fetch(`${url}/customers?n=5`, { headers });
    await waitFor(async () => {
      const { rowCount } = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      return rowCount === 1;
    });
    const exited = server.stop(signal);
    await waitFor(() => server.output().includes('draining'));
    await client.query('COMMIT');
    t.equal((await inFlight).status, 200, signal);
    t.equal(await exited, 0);
  }
});

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

t.test('a request that runs ten seconds after SIGTERM is cut off, and the log names it', async (t) => {
  const { server, url, headers, client } = await startedServer(t);
  const upload = request(`${url}/customers/import`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/csv' },
  });
  const cut = once(upload, 'error');
  upload.write('name,dob\nNever,1960-05-25\n');
  await waitFor(async () => {
    const { rowCount } = await client.query(
      "SELECT FROM pg_stat_activity WHERE query LIKE 'COPY %' AND datname = current_database()",
    );
    return rowCount === 1;
  });
  t.equal(await server.stop(), 1);
  t.match((await cut)[0], { code: 'ECONNRESET' });
  t.match(server.output(), /"level":"error".*cut off/);
  t.same((await client.query('SELECT FROM customers')).rowCount, 0);
});
