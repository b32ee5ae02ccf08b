import { Problem } from '@pair/service-kit';

/**
 * The budget of a user for sign-ins that succeed. A sign-in and the end of its session leave three events, which stay for
 * months: without a budget one account could fill the disk. No person comes near it, nor a program that signs in each time
 * it runs. Failures do not count here, so an attacker without the password cannot use the budget up.
 */
export const SIGN_IN_BUDGET = { MAX_SIGN_INS: 10_000, SIGN_IN_INTERVAL_MS: 20_000 };

/** The reply of a script that begins a session: the session, or how long to wait. */
export type Begun<Session> = Session | { retryAfterMs: number };

/** @throws {Problem} 429 `too_many_sign_ins` */
export function requireBudget<Session extends object>(begun: Begun<Session>): Session {
  if ('retryAfterMs' in begun) throw tooManySignIns(begun.retryAfterMs);
  return begun;
}

export function tooManySignIns(retryAfterMs: number): Problem {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return new Problem(
    429,
    'too_many_sign_ins',
    `This account has signed in too often. Use its refresh tokens, or try again in ${seconds} seconds.`,
    { headers: { 'retry-after': String(seconds) } },
  );
}
