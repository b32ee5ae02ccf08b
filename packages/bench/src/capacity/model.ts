import { BYTES, COMPONENTS, COSTS, type Component } from './costs.ts';
import { simulate } from './simulate.ts';
import { KINDS, USAGE } from './usage.ts';

/** A component may be busy for this share of its busiest second. The rest is for peaks that are not in the model. */
export const SHARE = 0.6;
const AUDIT_DAYS = 90;
const GIGABYTE = 1e9;

/** The needs of so many registered users. */
export interface Need {
  users: number;
  /** Requests in the busiest second. */
  requests: number;
  /** Cores that each component keeps busy in its busiest second. */
  busy: Record<Component, number>;
  redisGigabytes: number;
  postgresGigabytes: number;
}

/** Weighs the requests of the simulated hour with their costs. */
export function needOf(users: number): Need {
  const hour = simulate(users);
  const seconds = hour.get.map((_, second) => second);
  const most = (weigh: (second: number) => number) =>
    seconds.reduce((max, second) => Math.max(max, weigh(second)), 0);
  const sum = (second: number, weight: (kind: (typeof KINDS)[number]) => number) =>
    KINDS.reduce((total, kind) => total + (hour[kind][second] ?? 0) * weight(kind), 0);
  const busy = Object.fromEntries(
    COMPONENTS.map((component) => [
      component,
      most((second) => sum(second, (kind) => COSTS[kind][component])) / 1e6,
    ]),
  ) as Need['busy'];
  const eventsPerDay = users * USAGE.visitsPerDay * USAGE.signIns * 2; // a sign-in, and a sign-out or an end
  return {
    users,
    requests: most((second) => sum(second, () => 1)),
    busy,
    redisGigabytes: (users * USAGE.sessions * BYTES.session) / GIGABYTE,
    postgresGigabytes:
      (users * USAGE.customers * BYTES.customer + eventsPerDay * AUDIT_DAYS * BYTES.event) / GIGABYTE,
  };
}
