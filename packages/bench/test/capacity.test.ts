import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';
import { needOf } from '../src/capacity/model.ts';
import { simulate } from '../src/capacity/simulate.ts';
import { capacityTables } from '../src/capacity/table.ts';
import { USAGE } from '../src/capacity/usage.ts';

const total = (seconds: Float64Array) => seconds.reduce((sum, count) => sum + count, 0);

t.test('the tables of docs/capacity.md are those of the simulation', async (t) => {
  const page = readFileSync(join(ROOT, 'docs/capacity.md'), 'utf8');
  for (const [name, table] of Object.entries(capacityTables())) {
    const [, written] = new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- /${name} -->`).exec(page) ?? [];
    t.equal(written, table, `${name}: node packages/bench/dist/capacity/print.js prints it`);
  }
});

t.test('an hour has the visits of its users, and each visit has its requests', async (t) => {
  const hour = simulate(1_000_000);
  const visits = 1_000_000 * USAGE.visitsPerDay * USAGE.busiestHour;
  t.equal(total(hour.get), visits * USAGE.requests.get);
  t.equal(total(hour['sign-in']) + total(hour.refresh), 2 * visits, 'a visit of 12 minutes needs two tokens');
  t.ok(Math.abs(total(hour['sign-out']) / visits / USAGE.signIns - 1) < 0.05);
});

t.test('the busiest second of few users stands out further than that of many', async (t) => {
  const [few, many] = [needOf(10_000), needOf(1_000_000)];
  const perUser = (need: typeof few) => need.requests / need.users;
  t.ok(perUser(few) > 2 * perUser(many), `${perUser(few)} ${perUser(many)}`);
});

t.test('a simulation gives the same hour again', async (t) => {
  t.strictSame(simulate(50_000), simulate(50_000));
});
