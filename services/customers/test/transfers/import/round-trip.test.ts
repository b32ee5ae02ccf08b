import { rounds } from '@pair/test-kit';
import t from 'tap';
import { customersDatabase } from '../../support/database.ts';
import { customersProcess, ready } from '../../support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

/** Names that are difficult for spreadsheets, and for CSV or JSON readers. */
const DIFFICULT = [
  '=1+1',
  "'=1",
  "'' +1",
  "'t Hooft",
  '@x',
  '-',
  '＝1',
  'x;=1+1',
  'x; "=1"',
  "x;'=1",
  ';',
  '"',
  '""',
  ',',
  ', "',
  '\\N',
  '\\.',
  'a\\tb',
  'null',
  'a\u2028b',
  '🦊',
  '\u202eabc',
  'x\ufffdy',
  'ﷺ',
  'e\u0301',
  `${'x'.repeat(254)}李`,
];

t.test('an export, imported into an empty table, is exported again byte for byte', async (t) => {
  await client.query(
    `INSERT INTO customers (id, name, dob, updated_at)
     SELECT gen_random_uuid(), normalize(name, NFC), date '0001-01-01' + (n * 37 % 730000)::int, now() - n * interval '1.5 seconds'
     FROM unnest($1::text[]) AS name, generate_series(1, $2) AS n`,
    [DIFFICULT, rounds({ short: 200, long: 20_000 })],
  );
  for (const type of ['text/csv', 'application/x-ndjson']) {
    for (const query of ['sort=-dob', 'sort=name', 'sort=updated_at', 'bom=true']) {
      if (query === 'bom=true' && type !== 'text/csv') continue;
      const exported = () => send('GET', `/customers/export?${query}`, { headers: { accept: type } });
      const first = await exported();
      const { rowCount } = await client.query('DELETE FROM customers');
      const imported = await send('POST', '/customers/import', {
        body: first.rawPayload,
        headers: { 'content-type': type },
      });
      t.match(imported.json(), { created: rowCount, skipped: 0, problems: [] });
      t.ok((await exported()).rawPayload.equals(first.rawPayload), `${type}, ${query}`);
    }
  }
});
