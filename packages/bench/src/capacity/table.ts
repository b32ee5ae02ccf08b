import { COMPONENTS, COSTS, type Component } from './costs.ts';
import { type Need, needOf, SHARE } from './model.ts';
import { KINDS } from './usage.ts';

const SIZES = [1e4, 1e5, 1e6, 1e7, 1e8];
/** A server of 64 GB: Redis needs as much again while it rewrites its file. */
const REDIS_GIGABYTES = 32;
const POSTGRES_CORES = 16;
const POSTGRES_GIGABYTES = 2_000;

/** The tables of docs/capacity.md, by their names there. */
export function capacityTables(): Record<string, string> {
  const needs = SIZES.map(needOf);
  return {
    costs: costsTable(),
    carries: carriesTable(),
    needs: needsTable(needs),
    limits: limitsTable(needs),
  };
}

function costsTable(): string {
  return markdown(
    ['CPU time in µs', ...COMPONENTS],
    KINDS.map((kind) => [kind, ...COMPONENTS.map((component) => count(COSTS[kind][component]))]),
  );
}

function carriesTable(): string {
  const perSecond = (microseconds: number) =>
    microseconds < 1 ? '' : count(Number((1e6 / microseconds).toPrecision(2)));
  return markdown(
    ['requests/s of a busy core', ...COMPONENTS],
    KINDS.map((kind) => [kind, ...COMPONENTS.map((component) => perSecond(COSTS[kind][component]))]),
  );
}

function needsTable(needs: Need[]): string {
  const row = (name: string, value: (need: Need) => string) => [name, ...needs.map(value)];
  const cores = (component: Component) =>
    row(`cores of ${component}`, ({ busy }) => count(Math.max(1, Math.ceil(busy[component] / SHARE))));
  return markdown(
    ['registered users', ...needs.map(({ users }) => count(users))],
    [
      row('requests in the busiest second', ({ requests }) => count(requests)),
      cores('nginx'),
      cores('auth'),
      cores('customers'),
      cores('PostgreSQL'),
      row('PostgreSQL on the disk', ({ postgresGigabytes }) => size(postgresGigabytes)),
      row('one Redis, busy', ({ busy }) => `${(busy.Redis * 100).toPrecision(2)} %`),
      row('sessions in Redis', ({ redisGigabytes }) => size(redisGigabytes)),
    ],
  );
}

/** The needs grow with the users, so the largest simulated number of users shows where each limit is met. */
function limitsTable(needs: Need[]): string {
  const largest = needs.at(-1);
  if (largest === undefined) return '';
  const { busy, requests } = largest;
  const row = (name: string, limit: number, need: number) => {
    const share = limit / need;
    return [name, rounded(largest.users * share), rounded(requests * share)];
  };
  return markdown(
    ['this is full', 'at so many users', 'at so many requests/s'],
    [
      row('one core of auth', SHARE, busy.auth),
      row('one core of customers', SHARE, busy.customers),
      row('one core of nginx', SHARE, busy.nginx),
      row(`${POSTGRES_CORES} cores of PostgreSQL`, POSTGRES_CORES * SHARE, busy.PostgreSQL),
      row(`${count(POSTGRES_GIGABYTES)} GB of PostgreSQL`, POSTGRES_GIGABYTES, largest.postgresGigabytes),
      row(`${REDIS_GIGABYTES} GB of sessions in one Redis`, REDIS_GIGABYTES, largest.redisGigabytes),
      row('the one core of Redis', SHARE, busy.Redis),
    ],
  );
}

function markdown(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function rounded(value: number): string {
  return count(Number(value.toPrecision(2)));
}

function size(gigabytes: number): string {
  return gigabytes < 1 ? `${count(gigabytes * 1_000)} MB` : `${count(gigabytes)} GB`;
}
