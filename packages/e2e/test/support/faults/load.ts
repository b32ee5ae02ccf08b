import { isWithin } from '@pair/test-kit';
import { type Answer, type Api, call } from '../api.ts';
import type { KeptCustomer, Ledger, Session } from './ledger.ts';
import { isFailure } from './report.ts';

/** One request of the load. Times in ms, by performance.now. */
export interface Observation {
  kind: Kind;
  sentAt: number;
  status: number;
  tookMs: number;
}

export type Kind =
  | 'sign in'
  | 'refresh'
  | 'sign out'
  | 'create'
  | 'update'
  | 'read'
  | 'read one'
  | 'read, signed out';

/** The number of requests of each kind among a hundred. */
const SHARES: Record<Kind, number> = {
  'sign in': 2,
  refresh: 38,
  'sign out': 1,
  create: 10,
  update: 8,
  read: 25,
  'read one': 8,
  'read, signed out': 8,
};
const MIX = Object.entries(SHARES).flatMap(([kind, share]) => Array<Kind>(share).fill(kind as Kind));

/** A service that takes longer hangs; after five seconds nginx would answer 503 in its place. */
const HANG_MS = 4_000;

export interface Load {
  /** In the order of the answers. */
  observations: Observation[];
  /** When the last request was sent that got 503 or no answer, among those that have ended. */
  readonly lastFailureAt: number;
  /** Stops sending, and resolves when no request is in flight. */
  stop(): Promise<void>;
}

/**
 * Sends so many requests a second, without waiting for their answers, and records in the ledger all that was
 * acknowledged. A client that gets 503 tries again after a second with the tokens that it has.
 *
 * @param revokedWithinMs returns how soon after that sign-out its access token must be refused; trouble allows for more
 */
export function startLoad(options: {
  api: Api;
  ledger: Ledger;
  users: { username: string; password: string }[];
  requestsPerSecond: number;
  revokedWithinMs: (signedOutAt: number) => number;
}): Load {
  const { api, ledger, users, requestsPerSecond, revokedWithinMs } = options;
  const observations: Observation[] = [];
  const inFlight = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  let lastFailureAt = startedAt;
  let slowestMs = 0;

  /** An action sends nothing if no session is in the state that it needs. */
  const actions: Record<Kind, () => Promise<Answer | undefined>> = {
    'sign in': async () => {
      const answer = await call(api, 'POST', '/auth/login', { body: users[sent % users.length] ?? {} });
      if (answer.status === 200) ledger.signedIn(answer);
      else if (answer.status !== 503) ledger.violated(`the right password: ${answer.status}`);
      return answer;
    },
    refresh: () =>
      change(anyOf('signed-in', mayChange), async (session) => {
        const body = { refresh_token: session.refreshToken };
        const answer = await call(api, 'POST', '/auth/refresh', { body });
        if (answer.status === 200) ledger.refreshed(session, answer);
        else if (answer.status !== 503) ledger.violated(`the newest refresh token: ${answer.status}`);
        return answer;
      }),
    'sign out': () =>
      change(anyOf('signing-out', mayChange) ?? anyOf('signed-in', mayChange), async (session) => {
        session.state = 'signing-out';
        const body = { refresh_token: session.refreshToken };
        const answer = await call(api, 'POST', '/auth/logout', { body });
        if (answer.status === 204) ledger.signedOut(session);
        else if (answer.status !== 503) ledger.violated(`signing out: ${answer.status}`);
        return answer;
      }),
    create: async () => {
      const name = `customer ${sent}`;
      const answer = await useToken((token) =>
        call(api, 'POST', '/customers', { token, body: { name, dob: '1960-05-25' } }),
      );
      if (answer?.status === 201) ledger.created(answer, name);
      return answer;
    },
    update: () =>
      useCustomer(async (id, customer) => {
        // otherwise the change that got no acknowledgement could still follow this one
        if (!customer.isCertain) return undefined;
        const name = `updated ${sent}`;
        const answer = await useToken((token) =>
          call(api, 'PUT', `/customers/${id}`, { token, body: { name, dob: '1960-05-25' } }),
        );
        if (answer?.status === 200) ledger.updated(customer, name);
        else if (answer !== undefined) customer.isCertain = false;
        return answer;
      }),
    'read one': () =>
      useCustomer(async (id, customer) => {
        const answer = await useToken((token) => call(api, 'GET', `/customers/${id}`, { token }));
        // 401 is right if the session has just been signed out
        if (answer !== undefined && !isFailure(answer) && answer.status !== 401)
          ledger.found(customer, answer);
        return answer;
      }),
    read: () => useToken((token) => call(api, 'GET', '/customers?n=5', { token })),
    'read, signed out': async () => {
      const session = anyOf('signed-out');
      if (session === undefined) return undefined;
      const ageMs = performance.now() - session.signedOutAt;
      const answer = await call(api, 'GET', '/customers?n=5', { token: session.accessToken });
      if (answer.status === 200 && ageMs > revokedWithinMs(session.signedOutAt)) {
        ledger.violated(`a token was accepted ${Math.round(ageMs)} ms after its session was signed out`);
      }
      return answer;
    },
  };

  async function useToken(work: (token: string) => Promise<Answer>): Promise<Answer | undefined> {
    const session = anyOf('signed-in');
    if (session === undefined) return undefined;
    const answer = await work(session.accessToken);
    if (answer.status === 401 && session.state === 'signed-in') ledger.violated('a valid token was refused');
    return answer;
  }

  async function useCustomer(
    work: (id: string, customer: KeptCustomer) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    const [id, customer] = oneOf([...ledger.customers].filter(([, { busy }]) => !busy)) ?? [];
    if (id === undefined || customer === undefined) return undefined;
    customer.busy = true;
    const answer = await work(id, customer);
    customer.busy = false;
    return answer;
  }

  async function change(
    session: Session | undefined,
    work: (session: Session) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    if (session === undefined) return undefined;
    session.busy = true;
    const answer = await work(session);
    session.busy = false;
    if (answer.status === 503) session.notBefore = performance.now() + 1_000;
    return answer;
  }

  function anyOf(state: Session['state'], isWanted: (session: Session) => boolean = () => true) {
    return oneOf(ledger.in(state).filter(isWanted));
  }

  async function send(kind: Kind): Promise<void> {
    const sentAt = performance.now();
    const answer = await actions[kind]();
    if (answer === undefined) return;
    const { status, tookMs, retryAfter } = answer;
    observations.push({ kind, sentAt, status, tookMs });
    if (isFailure(answer)) lastFailureAt = Math.max(lastFailureAt, sentAt);
    if (status >= 500 && status !== 503) ledger.violated(`${kind}: ${status}`);
    if (status === 503 && retryAfter === undefined) ledger.violated(`${kind}: 503 without Retry-After`);
    if (status === 0) ledger.violated(`${kind}: no answer, ${Math.round(tookMs)} ms`);
    else slowestMs = Math.max(slowestMs, tookMs);
  }

  const pacing = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * requestsPerSecond);
    for (; sent < due; sent++) {
      const sending = send(oneOf(MIX) ?? 'read').finally(() => inFlight.delete(sending));
      inFlight.add(sending);
    }
  }, 5);

  return {
    observations,
    get lastFailureAt() {
      return lastFailureAt;
    },
    async stop() {
      clearInterval(pacing);
      await Promise.all(inFlight);
      if (!isWithin(slowestMs, HANG_MS))
        ledger.violated(`no answer in time: the slowest took ${Math.round(slowestMs)} ms`);
      slowestMs = 0;
    },
  };
}

const mayChange = ({ busy, notBefore }: Session) => !busy && performance.now() >= notBefore;

function oneOf<T>(items: T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}
