import { type Answer, type Api, call } from '../api.ts';

/** A session, with its newest acknowledged tokens and state. */
export interface Session {
  refreshToken: string;
  accessToken: string;
  /** A request that changes the session is in flight. */
  busy: boolean;
  /** The earliest time of the next change, after a 503 (ms, by performance.now). */
  notBefore: number;
  state: 'signed-in' | 'signing-out' | 'signed-out';
  signedOutAt: number;
}

/** A customer whose creation was acknowledged. */
export interface KeptCustomer {
  /** The newest acknowledged name. */
  name: string;
  /** A request that reads or changes the customer is in flight. */
  busy: boolean;
  /** False after a change without acknowledgement, which may have happened all the same. */
  isCertain: boolean;
}

/** Records all that was acknowledged, to look for it afterwards, and all violations of a promise. */
export class Ledger {
  readonly sessions: Session[] = [];
  readonly customers = new Map<string, KeptCustomer>();
  readonly violations: string[] = [];
  private refreshes = 0;
  private updates = 0;

  signedIn(answer: Answer): void {
    this.sessions.push({
      ...tokensOf(answer),
      busy: false,
      notBefore: 0,
      state: 'signed-in',
      signedOutAt: 0,
    });
  }

  refreshed(session: Session, answer: Answer): void {
    Object.assign(session, tokensOf(answer));
    this.refreshes += 1;
  }

  signedOut(session: Session): void {
    session.state = 'signed-out';
    session.signedOutAt = performance.now();
  }

  created({ body }: Answer, name: string): void {
    this.customers.set((body as { id: string }).id, { name, busy: false, isCertain: true });
  }

  updated(customer: KeptCustomer, name: string): void {
    customer.name = name;
    this.updates += 1;
  }

  /** Compares the answer to a read of this customer. */
  found({ name, isCertain }: KeptCustomer, { status, body }: Answer): void {
    const found = (body as { name?: string } | undefined)?.name;
    if (status !== 200 || (isCertain && found !== name))
      this.violated(`a customer that was acknowledged: ${status} ${JSON.stringify(body)}`);
  }

  violated(violation: string): void {
    this.violations.push(violation);
  }

  in(state: Session['state']): Session[] {
    return this.sessions.filter((session) => session.state === state);
  }

  /** Looks for all that was acknowledged, once all stores are well. */
  async check(api: Api): Promise<void> {
    await each(this.in('signed-in'), async (session) => {
      const answer = await call(api, 'POST', '/auth/refresh', {
        body: { refresh_token: session.refreshToken },
      });
      if (answer.status === 200) this.refreshed(session, answer);
      else this.violated(`a session that was acknowledged is gone: ${answer.status}`);
    });
    await each(this.in('signed-out'), async ({ refreshToken, accessToken }) => {
      const refresh = await call(api, 'POST', '/auth/refresh', {
        body: { refresh_token: refreshToken },
      });
      const read = await call(api, 'GET', '/customers?n=1', { token: accessToken });
      if (refresh.status !== 401) this.violated(`a session that was signed out refreshes: ${refresh.status}`);
      if (read.status !== 401) this.violated(`a session that was signed out reads: ${read.status}`);
    });
    const [reader] = this.in('signed-in');
    await each([...this.customers], async ([id, customer]) => {
      const answer = await call(api, 'GET', `/customers/${id}`, {
        token: reader?.accessToken ?? '',
      });
      this.found(customer, answer);
    });
  }

  toString(): string {
    const signedOut = this.in('signed-out').length;
    return `${this.sessions.length} sign-ins, ${this.refreshes} refreshes, ${signedOut} sign-outs, ${this.customers.size} customers, ${this.updates} updates`;
  }
}

function tokensOf({ status, body }: Answer): Pick<Session, 'refreshToken' | 'accessToken'> {
  if (status !== 200) throw new Error(`there are no tokens in this answer: ${status}`);
  const tokens = body as { refresh_token: string; access_token: string };
  return { refreshToken: tokens.refresh_token, accessToken: tokens.access_token };
}

async function each<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += 10) await Promise.all(items.slice(i, i + 10).map(work));
}
