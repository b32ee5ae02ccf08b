/** The kinds of request that the model counts. */
export const KINDS = [
  'sign-in',
  'refresh',
  'sign-out',
  'the 10 youngest',
  'page of 20',
  'get',
  'create',
  'patch',
] as const;
export type Kind = (typeof KINDS)[number];

/** Habits of users: assumptions, not measurements. Replace them by those of your product, and run `capacity/table.js`. */
export const USAGE = {
  /** Visits of a registered user on a day, on average. */
  visitsPerDay: 0.3,
  /** The share of a day's visits that begin in its busiest hour. An even spread would be 0.042. */
  busiestHour: 0.12,
  visitMinutes: 12,
  /** The share of visits that begin with a sign-in, and of those that end with a sign-out. All others refresh. */
  signIns: 0.05,
  /** Requests to customers in a visit. */
  requests: { 'the 10 youngest': 6, 'page of 20': 6, get: 10, create: 1, patch: 1 },
  /** Live sessions for each registered user: a session lives for a week after its last use. */
  sessions: 0.9,
  /** Rows of customers for each registered user. */
  customers: 5,
} as const;
