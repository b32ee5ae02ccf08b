import type { FastifyBaseLogger } from 'fastify';
import pg from 'pg';
import { operationOf } from '../metrics/store-operations.ts';
import { overloadLog } from '../problems/overload.ts';
import { StoreUnavailable } from '../problems/unavailable.ts';
import { troubleLog } from '../trouble-log.ts';
import { CONNECT_TIMEOUT_MS, destroy, isOpen, type Measured, PoolConnection } from './pool-connection.ts';
import { isRefusedStatement } from './refused-statement.ts';
import { watchSilence, withinListening } from './silence.ts';
import { Timelines } from './timelines.ts';
import { isUnanswered, UnconfirmedWrites } from './unconfirmed-writes.ts';

/** The most requests that may wait for a connection; each holds its body, 16 KiB at most. */
const MAX_WAITING = 5_000;
const OPENING_AT_ONCE = 2;
/**
 * While the server is silent, another attempt begins in this interval. Attempts from before a failover lead to the old primary,
 * where they take their whole time.
 */
const PROBE_MS = 500;
const PROBES_AT_ONCE = CONNECT_TIMEOUT_MS / PROBE_MS;
/** Two, because the first may be busy with a slow write of a check. */
const MONITORS = 2;
/** The connections that writes leave to reads, unless a write has ended recently: writes may be about to hang. */
const LEFT_TO_READS = 2;
const RECENT_MS = 50;
/** The pause between attempts while requests wait. Without waiting requests it doubles, up to MAX_RETRY_MS. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;
/** The longest wait for the connections at the start of a process. */
const WARM_UP_LIMIT_MS = 3_000;

type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;
type Release = (error?: Error | boolean) => void;

/** Members of pg-pool 3.14 that its types do not declare. */
interface Internals {
  _clients: pg.Client[];
  _pendingQueue: Waiting[];
  newClient(request: { callback: Callback }): void;
  _pulseQueue(): void;
}

interface Waiting {
  callback: Callback;
  /** pg-pool does not know it. */
  isWrite?: boolean;
}

/**
 * A `pg.Pool` that distinguishes load from an outage.
 *
 * It opens its connections in the background, two at a time, and keeps them open. A request never opens a connection: pg-pool
 * would open one for each request of a burst, which starves all of them on a busy machine. A request waits for a free
 * connection in a queue with a bounded length and time; past either bound it rejects with `Overload`.
 *
 * The server is away if it refuses a connection while no other is open, or if it is silent for about a third of a second (see
 * `watchSilence`). Then every waiting request rejects with `StoreUnavailable`, and the pool replaces every connection: a
 * silent connection may be dead although the server is back. It also replaces the connections to an old primary, once a new one
 * leads to a newer primary (see `Timelines`).
 *
 * Reads survive while PostgreSQL commits nothing (see `UnconfirmedWrites`): writes then leave two connections to them. A write
 * is every statement but a SELECT, and every connection that a caller takes for a transaction.
 */
export class WarmPool extends pg.Pool {
  readonly unconfirmed: UnconfirmedWrites;
  readonly #trouble: ReturnType<typeof troubleLog>;
  readonly #overload: ReturnType<typeof overloadLog>;
  /** Separate connections, so that a check of the server waits in no queue. */
  readonly #monitor: pg.Pool;
  readonly #watch: { stop(): void };
  readonly #maxWriting: number;
  #writing = 0;
  #writeEndedAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #opening = 0;
  /** Runs while the server is silent. */
  #probe: NodeJS.Timeout | undefined;
  #hasSpoken = false;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  #firstAttempt: (() => void) | undefined;

  /**
   * @param options.connectionTimeoutMillis the longest wait for a free connection; the opening of a connection has its own
   *   limit
   * @param options.silenceMs see `watchSilence`
   * @param options.noteStatement is called after each statement
   */
  constructor(options: pg.PoolConfig & Measured & { logger: FastifyBaseLogger; silenceMs: number }) {
    const { logger, silenceMs, ...settings } = options;
    const timelines = new Timelines(() => this.#destroy((client) => timelines.isPast(client)));
    const config = {
      ...settings,
      Client: PoolConnection as never, // its type has a constructor without settings
      idleTimeoutMillis: 0,
      // the pool waits for it: PgBouncer accepts connections also while PostgreSQL is away
      onConnect: (client: pg.ClientBase) => timelines.admit(client),
    };
    super(config);
    this.#trouble = troubleLog(logger, {
      began: 'no connection to PostgreSQL',
      over: 'PostgreSQL can be reached again',
    });
    this.#overload = overloadLog(logger, 'requests wait too long for a connection to PostgreSQL');
    this.unconfirmed = new UnconfirmedWrites({
      logger,
      ask: (statement) => this.#askOnce(statement),
      onMany: (error) => this.#rejectWaiting(error, ({ isWrite }) => isWrite === true),
    });
    this.#maxWriting = Math.max(1, this.options.max - LEFT_TO_READS);
    this.#monitor = new pg.Pool({
      ...config,
      max: MONITORS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // the pool replaces an idle connection that breaks; without a listener its event would end the process
    this.#monitor.on('error', () => {});
    this.on('error', (error) => this.#note(error));
    this.on('remove', () => this.#open());
    this.on('release', () => {
      if (this.waitingCount === 0) this.#overload.over();
    });
    this.#watch = watchSilence(
      {
        isAsked: () => this.waitingCount > 0 || this.totalCount - this.#opening > this.idleCount,
        hasSpoken: () => this.#listen(),
        nudge: () => this.#nudge(),
        giveUp: () => this.#giveUp(),
      },
      silenceMs,
    );
  }

  /** Opens the connections. Resolves when all are open, when the server refuses one, or after three seconds. */
  async start(): Promise<void> {
    const attempt = new Promise<void>((resolve) => {
      this.#firstAttempt = resolve;
    });
    this.#open();
    // opens both connections of the monitor: on a busy machine a new one could take longer than the limit of a silence
    for (let i = 0; i < MONITORS; i++) this.#nudge();
    await withinListening(attempt, WARM_UP_LIMIT_MS);
  }

  /**
   * Runs a statement on a separate connection, so that it does not wait behind requests.
   *
   * @throws {StoreUnavailable} when the server refuses it, or does not answer within `limitMs` (see `withinListening`)
   */
  async ask(statement: string | pg.QueryConfig, limitMs: number): Promise<pg.QueryResult> {
    const answer = this.#monitor.query(statement).catch((cause) => {
      throw new StoreUnavailable('postgresql', 'PostgreSQL refuses', { cause });
    });
    const result = await withinListening(answer, limitMs);
    if (result === undefined) throw new StoreUnavailable('postgresql', 'PostgreSQL does not answer');
    return result;
  }

  /** Closes its connection afterwards, so that the next one leads to the server that has the address by then. */
  async #askOnce(statement: string): Promise<pg.QueryResult> {
    const client = await this.#monitor.connect();
    try {
      return await client.query(statement);
    } finally {
      client.release(true);
    }
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    if (callback === undefined) {
      return new Promise((resolve, reject) => {
        this.connect((error, client) => (client === undefined ? reject(error) : resolve(client)));
      });
    }
    const refuse = (error: Error) => callback(error, undefined, () => {});
    const isWrite = !this.#isReading;
    const refusal = isWrite ? this.unconfirmed.refusal : undefined;
    if (this.#probe !== undefined) {
      refuse(new StoreUnavailable('postgresql', 'PostgreSQL does not answer'));
      this.#retrySoon();
    } else if (refusal !== undefined) refuse(refusal);
    else if (this.waitingCount >= MAX_WAITING) refuse(this.#overload.refuse());
    else {
      const queue = this.#internals._pendingQueue;
      const { length } = queue;
      super.connect((error, client) => {
        if (client !== undefined) callback(undefined, client, this.#lend(client, isWrite));
        // any other error is from pg-pool: the request has waited too long
        else refuse(error instanceof StoreUnavailable ? error : this.#overload.refuse());
      });
      const waiting = queue[length];
      if (waiting !== undefined) waiting.isWrite = isWrite;
      if (this.totalCount === this.#opening) this.#retrySoon();
    }
    return undefined;
  }

  override query: pg.Pool['query'] = (...args: unknown[]) => {
    const [statement] = args as [string | { text?: string }];
    const text = typeof statement === 'string' ? statement : statement.text;
    this.#isReading = text !== undefined && operationOf(text) === 'SELECT';
    try {
      return (super.query as (...args: unknown[]) => never)(...args); // calls `connect` before it returns
    } finally {
      this.#isReading = false;
    }
  };

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#watch.stop();
    clearTimeout(this.#retry);
    clearInterval(this.#probe);
    const ended = Promise.all([super.end(), this.#monitor.end()]).then(() => {});
    this.unconfirmed.giveAllBack();
    for (const client of this.#internals._clients) if (!isOpen(client)) destroy(client);
    if (callback === undefined) return ended;
    ended.then(callback, callback);
    return undefined;
  }

  get #internals(): Internals {
    return this as unknown as Internals;
  }

  /** Overrides pg-pool, so that requests queue and never open a connection. */
  protected _isFull(): boolean {
    return true;
  }

  /** Overrides pg-pool, so that a waiting read passes the writes while these leave connections to reads. */
  protected _pulseQueue(): void {
    const queue = this.#internals._pendingQueue;
    const isFull = this.#writing >= this.#maxWriting && performance.now() - this.#writeEndedAt > RECENT_MS;
    if (isFull && queue[0]?.isWrite) {
      const read = queue.findIndex(({ isWrite }) => !isWrite);
      if (read === -1 && !this.ending) return;
      if (read > 0) queue.unshift(...queue.splice(read, 1));
    }
    (pg.Pool.prototype as unknown as Internals)._pulseQueue.call(this);
  }

  /**
   * Keeps a connection after a refused statement. pg-pool would drop it, and a new one costs the server a process. It also keeps
   * one whose write has no answer.
   */
  #lend(client: pg.PoolClient, isWrite: boolean): Release {
    const { release } = client;
    if (isWrite) this.#writing += 1;
    const giveBack: Release = (reason) => {
      if (isWrite) this.#writing -= 1;
      release(reason);
    };
    client.release = (reason) => {
      if (!reason || isRefusalOfStatement(reason)) {
        if (isWrite) this.#writeEndedAt = performance.now();
        giveBack();
        // a waiting write may have left an idle connection to reads
        if (isWrite && this.idleCount > 0) this._pulseQueue();
      } else if (
        isWrite &&
        isUnanswered(client) &&
        this.unconfirmed.count < this.#maxWriting &&
        !this.ending
      ) {
        this.unconfirmed.add(client, () => giveBack(reason));
      } else giveBack(reason);
    };
    return client.release;
  }

  #open(atOnce = OPENING_AT_ONCE): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    while (!this.ending && this.#opening < atOnce && this.totalCount < this.options.max) {
      this.#opening += 1;
      this.#internals.newClient({
        callback: (error, _client, release) => {
          this.#opening -= 1;
          if (error === undefined) this.#opened(release);
          else this.#failed(error);
        },
      });
    }
  }

  #opened(release: Release): void {
    this.#trouble.over();
    this.#retryMs = RETRY_MS;
    clearInterval(this.#probe);
    this.#probe = undefined;
    release(); // pg-pool gives the connection to the first waiting request
    if (this.totalCount - this.#opening >= this.options.max) this.#firstAttempt?.();
    this.#open();
  }

  /** Open connections go on serving the requests; if there is none, the server is away. */
  #failed(error: Error): void {
    this.#note(error);
    this.#firstAttempt?.();
    if (this.totalCount === this.#opening) {
      this.#rejectWaiting(
        new StoreUnavailable('postgresql', 'PostgreSQL cannot be reached', { cause: error }),
      );
    }
    if (this.ending || this.#retry !== undefined) return;
    this.#retryIn(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  #retryIn(delayMs: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), delayMs);
  }

  /** Makes the next attempt soon because a request waits, but never more often than every 100 ms. */
  #retrySoon(): void {
    if (this.#retry !== undefined && this.#retryMs > RETRY_MS) {
      this.#retryMs = RETRY_MS;
      this.#retryIn(RETRY_MS);
    }
    if (this.#retry === undefined) this.#open();
  }

  #listen(): boolean {
    let hasSpoken = this.#hasSpoken;
    this.#hasSpoken = false;
    for (const client of this.#internals._clients) {
      if ((client as PoolConnection).hasSpoken()) hasSpoken = true;
    }
    return hasSpoken;
  }

  /** Asks for an answer; a refusal counts too. */
  #nudge(): void {
    this.#monitor.query('SELECT 1').then(
      () => {
        this.#hasSpoken = true;
      },
      (error) => {
        if (error instanceof pg.DatabaseError) this.#hasSpoken = true;
      },
    );
  }

  #giveUp(): void {
    this.#probe ??= setInterval(() => this.#open(Math.min(this.#opening + 1, PROBES_AT_ONCE)), PROBE_MS);
    const error = new StoreUnavailable('postgresql', 'PostgreSQL does not answer');
    this.#note(error);
    this.#rejectWaiting(error);
    this.#destroy(isOpen);
    this.#open();
  }

  /** The pool replaces a connection that breaks. */
  #destroy(which: (client: pg.Client) => boolean): void {
    const clients = [...this.#internals._clients, ...(this.#monitor as unknown as Internals)._clients];
    for (const client of clients) if (which(client)) destroy(client);
  }

  #rejectWaiting(error: Error, which: (waiting: Waiting) => boolean = () => true): void {
    const queue = this.#internals._pendingQueue;
    const rejected = queue.filter(which);
    queue.splice(0, queue.length, ...queue.filter((waiting) => !which(waiting)));
    for (const { callback } of rejected) callback(error, undefined, () => {});
  }

  #note(error: Error): void {
    if (!this.ending) this.#trouble.note(error);
  }
}

/** False also if the server refuses writes: by now another server may have its address. */
function isRefusalOfStatement(reason: unknown): boolean {
  return isRefusedStatement(reason) && reason.code !== '25006';
}
