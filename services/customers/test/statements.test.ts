import { randomUUID } from 'node:crypto';
import pg from 'pg';
import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);
const body = { name: 'Ann', dob: '1960-05-25' };
const { id } = (await send('POST', '/customers', { body })).json();

interface Statement {
  text: string;
  name?: string;
}
const statements: Statement[] = [];
const query = pg.Client.prototype.query as (this: pg.Client, ...more: unknown[]) => unknown;
Object.assign(pg.Client.prototype, {
  query(this: pg.Client, statement: string | Statement, ...more: unknown[]) {
    statements.push(typeof statement === 'string' ? { text: statement } : statement);
    return query.call(this, statement, ...more);
  },
});

/** The statements that the service sends to PostgreSQL for one request. */
async function sentFor(...request: Parameters<typeof send>): Promise<Statement[]> {
  statements.length = 0;
  const { statusCode, payload } = await send(...request);
  if (statusCode >= 300 && statusCode !== 304) throw new Error(payload);
  return [...statements];
}

t.test(
  'a request runs one prepared statement, which reads only the columns and rows that it needs',
  async (t) => {
    const version = { 'if-match': '*' };
    const requests: Parameters<typeof send>[] = [
      ['GET', '/customers?n=5'],
      ['GET', '/customers'],
      ['GET', '/customers?sort=name&name=a&limit=5'],
      ['GET', `/customers/${id}`],
      ['GET', `/customers/${id}`, { headers: { 'if-none-match': '"1"' } }],
      ['POST', '/customers', { body }],
      ['PUT', `/customers/${id}`, { body, headers: version }],
      ['PUT', `/customers/${randomUUID()}`, { body, headers: { 'if-none-match': '*' } }],
      ['PATCH', `/customers/${id}`, { body: { name: 'Bob' }, headers: version }],
      ['PATCH', `/customers/${id}`, { body: {} }],
      ['DELETE', `/customers/${id}`, { headers: version }],
    ];
    for (const request of requests) {
      const sent = await sentFor(...request);
      const name = request.slice(0, 2).join(' ');
      t.equal(sent.length, 1, name);
      for (const statement of sent) {
        t.ok(statement.name, `${name} is prepared`);
        t.notMatch(statement.text, /\*\s+from|count\(/i, name);
        if (name.startsWith('GET /customers?') || name === 'GET /customers')
          t.match(statement.text, /limit \$\d/i, name);
      }
    }
  },
);

t.test('a request with an Idempotency-Key runs a transaction of four statements', async (t) => {
  const headers = { 'idempotency-key': randomUUID() };
  const sent = (await sentFor('POST', '/customers', { body, headers })).map(({ text }) => text);
  t.equal(sent.length, 6, sent.join('\n'));
  t.same([sent.at(0), sent.at(-1)], ['BEGIN', 'COMMIT']);
  t.notMatch(sent.join(), /\*\s+from|count\(/i);
});
