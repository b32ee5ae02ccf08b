import t from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const OFFSETS = { 'Pacific/Auckland': -13, 'America/Los_Angeles': 8, UTC: 0 };
/** Days on which clocks change in one of the zones, ends of years, and a leap day. */
const DAYS = [
  '2024-12-31',
  '2024-11-03',
  '2024-09-29',
  '2024-04-07',
  '2024-03-10',
  '2024-02-29',
  '2024-01-01',
  '1999-12-31',
  '1900-01-01',
  '0001-01-01',
];

for (const [zone, offset] of Object.entries(OFFSETS)) {
  t.test(`in ${zone} dates of birth stay as they are, and in their order`, async (t) => {
    const before = process.env.TZ;
    process.env.TZ = zone;
    t.teardown(() => {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    });
    t.equal(new Date(2024, 0, 1).getTimezoneOffset() / 60, offset, 'the zone is in force');

    const { url: databaseUrl, client } = await customersDatabase(t);
    await client.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET timezone = '${zone}'`);
    const { app, send } = await customersProcess(t, { databaseUrl });
    await ready(app);
    for (const dob of [...DAYS].reverse()) {
      const created = await send('POST', '/customers', { body: { name: dob, dob } });
      t.match(created.json(), { name: dob, dob });
      t.match((await send('GET', `/customers/${created.json().id}`)).json(), { name: dob, dob });
      t.ok(Math.abs(Date.parse(created.json().updated_at) - Date.now()) < 10_000, 'updated_at is in UTC');
    }
    const { items } = (await send('GET', '/customers?n=10')).json();
    t.same(
      items.map((customer: { dob: string }) => customer.dob),
      DAYS,
    );
    t.same((await client.query('SELECT dob::text FROM customers WHERE dob::text <> name')).rows, []);
  });
}
