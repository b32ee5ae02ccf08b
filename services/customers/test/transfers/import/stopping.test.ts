import { once } from 'node:events';
import { request } from 'node:http';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { type StartedServer, startedServer } from '../../support/server.ts';

t.test('after SIGTERM the process answers the running request, then ends with 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const service = await startedServer(t);
    const upload = await startUpload(service, 'name,dob\n');
    const exited = service.server.stop(signal);
    await waitFor(() => service.server.output().includes('draining'));
    upload.end('Ada Lovelace,1815-12-10\n');
    const [response] = await once(upload, 'response');
    t.equal(response.statusCode, 200, signal);
    response.resume();
    t.equal(await exited, 0);
  }
});

/** Sends the beginning of a file to import. Resolves when the process has begun to work on it. */
async function startUpload({ url, headers, client }: StartedServer, beginning: string) {
  const upload = request(`${url}/customers/import`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/csv' },
  });
  upload.write(beginning);
  await waitFor(async () => {
    const { rowCount } = await client.query(
      "SELECT FROM pg_stat_activity WHERE query LIKE 'COPY %' AND datname = current_database()",
    );
    return rowCount === 1;
  });
  return upload;
}

t.test('a request that runs ten seconds after SIGTERM is cut off, and the log names it', async (t) => {
  const service = await startedServer(t);
  const { server, client } = service;
  const upload = await startUpload(service, 'name,dob\nNever,1960-05-25\n');
  const cut = once(upload, 'error');
  t.equal(await server.stop(), 1);
  t.match((await cut)[0], { code: 'ECONNRESET' });
  t.match(server.output(), /"level":"error".*cut off/);
  t.same((await client.query('SELECT FROM customers')).rowCount, 0);
});
