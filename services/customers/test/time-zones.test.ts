import { mock } from 'node:test';
import { mintClaims } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const OFFSETS = { 'Pacific/Auckland': -13, 'America/Los_Angeles': 8, UTC: 0 };
/** Days of clock changes in one of the zones, ends of years, and leap days. */
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
  '0004-02-29',
  '0001-01-01',
];
/** Moments at which one of the zones has another day than UTC. */
const MOMENTS = [
  '2027-03-31T23:30:00.000Z',
  '2027-04-01T00:30:00.000Z',
  '2027-12-31T11:30:00.000Z',
  '2028-01-01T07:30:00.000Z',
  '2028-02-28T23:59:59.999Z',
  '2028-02-29T00:00:00.000Z',
  '2028-02-29T23:59:59.999Z',
  '2028-03-01T00:00:00.000Z',
];
const DAY_MS = 86_400_000;

for (const [zone, offset] of Object.entries(OFFSETS)) {
  t.test(`in ${zone} dates of birth and their order stay the same`, async (t) => {
    inZone(t, zone);
    t.equal(new Date(2024, 0, 1).getTimezoneOffset() / 60, offset, 'the zone is in force');
    const { send, client } = await started(t, zone);
    for (const dob of [...DAYS].reverse()) {
      const created = await send('POST', '/customers', { body: { name: dob, dob } });
      t.match(created.json(), { name: dob, dob });
      t.match((await send('GET', `/customers/${created.json().id}`)).json(), { name: dob, dob });
      t.ok(Math.abs(Date.parse(created.json().updated_at) - Date.now()) < 10_000, 'updated_at is in UTC');
    }
    const { items } = (await send('GET', '/customers?n=100')).json();
    t.same(
      items.map((customer: { dob: string }) => customer.dob),
      DAYS,
    );
    for (const dob of DAYS) {
      const found = await send('GET', `/customers?dob_from=${dob}&dob_to=${dob}`);
      t.match(found.json(), { items: [{ dob }], next_cursor: null }, `${dob} is found by itself`);
    }
    t.same((await client.query('SELECT dob::text FROM customers WHERE dob::text <> name')).rows, []);
  });

  t.test(`in ${zone} a date of birth after today in UTC is refused`, async (t) => {
    inZone(t, zone);
    const { send, key } = await started(t, zone);
    t.teardown(() => mock.timers.reset());
    for (const moment of MOMENTS) {
      mock.timers.reset();
      mock.timers.enable({ apis: ['Date'], now: Date.parse(moment) });
      const token = await key.sign(mintClaims());
      const statusOf = async (dob: string) => {
        const { statusCode } = await send('POST', '/customers', { body: { name: 'Ann', dob }, token });
        return statusCode;
      };
      const day = (days: number) => new Date(Date.parse(moment) + days * DAY_MS).toISOString().slice(0, 10);
      t.equal(await statusOf(day(0)), 201, `${day(0)} at ${moment}`);
      t.equal(await statusOf(day(-1)), 201, `${day(-1)} at ${moment}`);
      t.equal(await statusOf(day(1)), 422, `${day(1)} at ${moment}`);
    }
  });
}

function inZone(t: Test, zone: string): void {
  const before = process.env.TZ;
  process.env.TZ = zone;
  t.teardown(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
}

/** Starts the service on a database with the same time zone. */
async function started(t: Test, zone: string) {
  const { url: databaseUrl, client } = await customersDatabase(t);
  await client.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET timezone = '${zone}'`);
  const service = await customersProcess(t, { databaseUrl });
  await ready(service.app);
  return { ...service, client };
}
