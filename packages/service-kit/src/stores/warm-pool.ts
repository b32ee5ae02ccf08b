import type { FastifyBaseLogger } from 'fastify';
import pg, { type ClientConfig } from 'pg';
import { overloadLog } from '../problems/overload.ts';
import { StoreUnavailable } from '../problems/unavailable.ts';
import { troubleLog } from '../trouble-log.ts';
import { watchSilence, withinListening } from './silence.ts';

/** As many requests wait for a connection at most; each holds its body, 16 KiB at most. */
const MAX_WAITING = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;
const OPENING_AT_ONCE = 2;
/** Between attempts while requests wait, and at most while none does. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;
/** How long a start waits for its connections. */
const WARM_UP_LIMIT_MS = 3_000;

type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;
type Release = (error?: Error | boolean) => void;

/** What pg-pool 3.14 has and its types do not tell. */
interface Internals {
  _clients: pg.Client[];
  _pendingQueue: { callback: Callback }[];
  newClient(request: { callback: Callback }): void;
}

/**
 * A `pg.Pool` that tells load from an outage.
 *
 * Its connections are opened in the background, two at a time, and stay open. A request never opens one: pg-pool's way, one
 * new connection for each request of a burst, starves all of them on a busy machine. A request waits for a connection that
 * is free, in a queue that is bounded in length and time; past either bound it rejects with `Overload`.
 *
 * The server is away when it refuses a connection while none is open, or when it answers nothing at all for about a third of a
 * second (see `watchSilence`). Then all that waits rejects with `StoreUnavailable`, and every connection is replaced: one that is
 * silent may be dead although the server is back.
 */
export class WarmPool extends pg.Pool {
  readonly #trouble: ReturnType<typeof troubleLog>;
  readonly #overload: ReturnType<typeof overloadLog>;
  /** Of its own, so that no queue is before a question whether the server is there; two, because a write may be slow. */
  readonly #monitor: pg.Pool;
  readonly #watch: { stop(): void };
  #opening = 0;
  #isSilent = false;
  #hasSpoken = false;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS;
  #firstAttempt: (() => void) | undefined;

  /**
   * @param options.connectionTimeoutMillis the longest wait for a connection that is free; one that is being opened has a limit
   *   of its own
   */
  constructor(options: pg.PoolConfig & { logger: FastifyBaseLogger }) {
    const { logger, ...config } = options;
    super({
      ...config,
      Client: Connection as never, // its type has a constructor without settings
      idleTimeoutMillis: 0,
    });
    this.#trouble = troubleLog(logger, {
      began: 'no connection to PostgreSQL',
      over: 'PostgreSQL can be reached again',
    });
    this.#overload = overloadLog(logger, 'requests wait too long for a connection to PostgreSQL');
    this.#monitor = new pg.Pool({
      ...config,
      Client: Connection as never,
      max: 2,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // an idle connection that breaks is replaced; without a listener it would end the process
    this.#monitor.on('error', () => {});
    this.on('error', (error) => this.#note(error));
    this.on('remove', () => this.#open());
    this.on('release', () => {
      if (this.waitingCount === 0) this.#overload.over();
    });
    this.#watch = watchSilence({
      isAsked: () => this.waitingCount > 0 || this.totalCount - this.#opening > this.idleCount,
      hasSpoken: () => this.#listen(),
      nudge: () => this.#nudge(),
      giveUp: () => this.#giveUp(),
    });
  }

  /** Opens the connections. Resolves when all are open, when the server refuses, or after three seconds. */
  async start(): Promise<void> {
    const attempt = new Promise<void>((resolve) => {
      this.#firstAttempt = resolve;
    });
    this.#open();
    this.#nudge();
    await withinListening(attempt, WARM_UP_LIMIT_MS);
  }

  /**
   * Runs a statement on a connection of its own, without waiting behind requests.
   *
   * @throws {StoreUnavailable} when it is refused, or not answered within `limitMs` of listening
   */
  async ask(statement: string, limitMs: number): Promise<pg.QueryResult> {
    const answer = this.#monitor.query(statement).catch((cause) => {
      throw new StoreUnavailable('PostgreSQL refuses', { cause });
    });
    const result = await withinListening(answer, limitMs);
    if (result === undefined) throw new StoreUnavailable('PostgreSQL does not answer');
    return result;
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
    if (this.#isSilent) refuse(new StoreUnavailable('PostgreSQL does not answer'));
    else if (this.waitingCount >= MAX_WAITING) refuse(this.#overload.refuse());
    else {
      super.connect((error, client) => {
        if (client !== undefined) callback(undefined, client, keepUnlessBroken(client));
        // pg-pool's own: the wait was too long
        else refuse(error instanceof StoreUnavailable ? error : this.#overload.refuse());
      });
      if (this.totalCount === this.#opening) this.#retrySoon();
    }
    return undefined;
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    this.#watch.stop();
    clearTimeout(this.#retry);
    const ended = Promise.all([super.end(), this.#monitor.end()]).then(() => {});
    for (const client of this.#internals._clients) if (!isOpen(client)) destroy(client);
    if (callback === undefined) return ended;
    ended.then(callback, callback);
    return undefined;
  }

  get #internals(): Internals {
    return this as unknown as Internals;
  }

  /** For pg-pool: requests queue, and none opens a connection for itself. */
  protected _isFull(): boolean {
    return true;
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    while (!this.ending && this.#opening < OPENING_AT_ONCE && this.totalCount < this.options.max) {
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
    this.#isSilent = false;
    release(); // to the first request that waits
    if (this.totalCount - this.#opening >= this.options.max) this.#firstAttempt?.();
    this.#open();
  }

  /** Of several, the connections that are open serve the requests; without any the server is away. */
  #failed(error: Error): void {
    this.#note(error);
    this.#firstAttempt?.();
    if (this.totalCount === this.#opening) {
      this.#rejectWaiting(new StoreUnavailable('PostgreSQL cannot be reached', { cause: error }));
    }
    if (this.ending || this.#retry !== undefined) return;
    this.#retryIn(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  #retryIn(delayMs: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), delayMs);
  }

  /** A request has come: the next attempt is not far away, and never more often than it would be by itself. */
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
      if ((client as Connection).hasSpoken()) hasSpoken = true;
    }
    return hasSpoken;
  }

  /** Any answer will do, a refusal too. */
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
    this.#isSilent = true;
    const error = new StoreUnavailable('PostgreSQL does not answer');
    this.#note(error);
    this.#rejectWaiting(error);
    const clients = [...this.#internals._clients, ...(this.#monitor as unknown as Internals)._clients];
    for (const client of clients) if (isOpen(client)) destroy(client);
    this.#open();
  }

  #rejectWaiting(error: Error): void {
    for (const { callback } of this.#internals._pendingQueue.splice(0)) callback(error, undefined, () => {});
  }

  #note(error: Error): void {
    if (!this.ending) this.#trouble.note(error);
  }
}

/** pg-pool drops a connection whose statement was refused; it is as good as before, and a new one costs a process. */
function keepUnlessBroken(client: pg.PoolClient): Release {
  const { release } = client;
  client.release = (reason) => release(isRefusalOfStatement(reason) ? undefined : reason);
  return client.release;
}

/** Not of a server that shuts down, and not of one that takes no writes any more: another may be there by now. */
function isRefusalOfStatement(reason: unknown): boolean {
  return (
    reason instanceof pg.DatabaseError &&
    reason.severity === 'ERROR' &&
    !/^(08|25006|57P)/.test(reason.code ?? '')
  );
}

interface Socket {
  bytesRead: number;
  destroy(): void;
}

/** A connection with a limit for being opened, which says whether anything has arrived over it. */
class Connection extends pg.Client {
  isOpen = false;
  #bytesRead = 0;

  constructor(config: ClientConfig) {
    // pg-pool hides the password from a spread
    super({ ...config, password: config.password, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    this.once('connect', () => {
      this.isOpen = true;
    });
    // what waits for it is rejected; unheard, its event would end the process
    this.on('error', () => {});
  }

  hasSpoken(): boolean {
    const { bytesRead } = socketOf(this);
    if (bytesRead === this.#bytesRead) return false;
    this.#bytesRead = bytesRead;
    return true;
  }
}

function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

function isOpen(client: pg.Client): boolean {
  return (client as Connection).isOpen;
}

/** Not `end`, which says goodbye and waits for an answer. */
function destroy(client: pg.Client): void {
  socketOf(client).destroy();
}
