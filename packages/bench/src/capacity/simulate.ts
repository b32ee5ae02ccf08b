import { KINDS, type Kind, USAGE } from './usage.ts';

const HOUR_SECONDS = 3_600;
/** A token lives as long, so a longer visit refreshes again. */
const TOKEN_MINUTES = 10;

/** The requests of each second of the busiest hour, for each kind. */
export type Hour = Record<Kind, Float64Array>;

/**
 * Lets every visit of the busiest hour happen: visits begin independently of each other, and so do the requests in them.
 * The result is the same at each run, because the random numbers are.
 *
 * @param users registered users
 */
export function simulate(users: number): Hour {
  const random = generator(users);
  const hour = Object.fromEntries(KINDS.map((kind) => [kind, new Float64Array(HOUR_SECONDS)])) as Hour;
  const visits = Math.round(users * USAGE.visitsPerDay * USAGE.busiestHour);
  const visitSeconds = USAGE.visitMinutes * 60;
  const add = (kind: Kind, second: number) => {
    // what passes the end of the hour stands for what the hour before has left over
    hour[kind][Math.floor(second) % HOUR_SECONDS] = (hour[kind][Math.floor(second) % HOUR_SECONDS] ?? 0) + 1;
  };
  const refreshesWithin = Math.floor(USAGE.visitMinutes / TOKEN_MINUTES);
  const requests = Object.entries(USAGE.requests) as [Kind, number][];
  for (let visit = 0; visit < visits; visit++) {
    const begin = random() * HOUR_SECONDS;
    add(random() < USAGE.signIns ? 'sign-in' : 'refresh', begin);
    for (let i = 1; i <= refreshesWithin; i++) add('refresh', begin + i * TOKEN_MINUTES * 60);
    for (const [kind, count] of requests) {
      for (let i = 0; i < count; i++) add(kind, begin + random() * visitSeconds);
    }
    if (random() < USAGE.signIns) add('sign-out', begin + visitSeconds);
  }
  return hour;
}

/** Random numbers from 0 to 1 (mulberry32): quick, and the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
