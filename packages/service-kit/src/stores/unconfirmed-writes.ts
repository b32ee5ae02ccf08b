import type { FastifyBaseLogger } from 'fastify';
import type { Client } from 'pg';
import { StoreUnavailable } from '../problems/unavailable.ts';
import { troubleLog } from '../trouble-log.ts';

/** A single connection may lose its packets. So many at once mean that the next write would get no answer either. */
const MANY = 3;
const CHECK_MS = 1_000;

/** Finds commits that wait for a synchronous standby longer than any healthy one does. */
const COMMITS_WAIT = `SELECT FROM pg_stat_activity
  WHERE wait_event = 'SyncRep' AND query_start < clock_timestamp() - interval '1 second' LIMIT 1`;

/**
 * Keeps the connections whose write has timed out without an answer.
 *
 * While its synchronous standbys are away, PostgreSQL commits nothing: each commit waits in a backend that no time-out ends.
 * If the pool replaced such a connection, the backend would stay beside the new one, and soon no slot would be left for reads.
 * A cancelled commit would become visible although a failover can still undo it. So a connection keeps its place in the pool
 * until PostgreSQL answers or closes it; while many wait, the pool refuses writes at once. A connection whose commit does not
 * wait for a standby has lost its packets, and is given back.
 */
export class UnconfirmedWrites {
  readonly #trouble: ReturnType<typeof troubleLog>;
  readonly #ask: (statement: string) => Promise<{ rowCount: number | null }>;
  readonly #onMany: (error: Error) => void;
  /** Each gives its connection back. */
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param options.ask runs a statement on a connection of its own, which it replaces now and then
   * @param options.onMany is called with the error for the writes that wait for a connection
   */
  constructor({
    logger,
    ask,
    onMany,
  }: {
    logger: FastifyBaseLogger;
    ask: (statement: string) => Promise<{ rowCount: number | null }>;
    onMany: (error: Error) => void;
  }) {
    this.#trouble = troubleLog(logger, {
      began: 'PostgreSQL confirms no writes',
      over: 'PostgreSQL confirms writes again',
    });
    this.#ask = ask;
    this.#onMany = onMany;
  }

  /** The number of connections that are kept. */
  get count(): number {
    return this.#waiting.size;
  }

  /** The error for a new write, while it would get no answer. */
  get refusal(): Error | undefined {
    if (this.#waiting.size < MANY) return undefined;
    return new StoreUnavailable(
      'postgresql',
      'PostgreSQL confirms no writes: is a synchronous standby away?',
    );
  }

  /** Calls `giveBack` when PostgreSQL has answered the statement of `client`, or has closed the connection. */
  add(client: Client, giveBack: () => void): void {
    const done = () => {
      client.off('drain', done);
      client.off('end', done);
      if (!this.#waiting.delete(done)) return;
      if (this.refusal === undefined) this.#trouble.over();
      if (this.#waiting.size === 0) this.#stopChecking();
      giveBack();
    };
    client.once('drain', done);
    client.once('end', done);
    this.#waiting.add(done);
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS).unref();
    const { refusal } = this;
    if (refusal === undefined) return;
    this.#trouble.note(refusal);
    this.#onMany(refusal);
  }

  giveAllBack(): void {
    for (const done of [...this.#waiting]) done();
  }

  async #check(): Promise<void> {
    // without an answer they stay: the pool replaces every connection to a silent server
    const commits = await this.#ask(COMMITS_WAIT).catch(() => undefined);
    if (commits?.rowCount === 0) this.giveAllBack();
  }

  #stopChecking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** The error of a COMMIT without an answer: PostgreSQL has committed the transaction, or may do so later, or never. */
export class UnconfirmedCommit extends StoreUnavailable {
  constructor(cause: unknown) {
    super('postgresql', 'PostgreSQL has not confirmed a commit', { cause });
    this.name = 'UnconfirmedCommit';
  }
}

/** True after a statement has timed out here, and PostgreSQL has not answered it yet. */
export function isUnanswered(client: Client): boolean {
  return (client as unknown as { _activeQuery: unknown })._activeQuery != null;
}
