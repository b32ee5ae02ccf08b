import pg, { type ClientConfig } from 'pg';
import { type NoteOperation, operationOf } from '../metrics/store-operations.ts';

/** The longest time to open a connection. */
export const CONNECT_TIMEOUT_MS = 2_000;

interface Socket {
  bytesRead: number;
  destroy(): void;
}

export interface Measured {
  /** Called after each statement. */
  noteStatement?: NoteOperation | undefined;
}

/** A connection that limits the time to open it, and reports whether any bytes have arrived over it. */
export class PoolConnection extends pg.Client {
  isOpen = false;
  #bytesRead = 0;

  constructor(config: ClientConfig & Measured) {
    // a spread does not copy the password, because pg-pool makes it non-enumerable
    super({ ...config, password: config.password, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    if (config.noteStatement !== undefined) measureStatements(this, config.noteStatement);
    this.once('connect', () => {
      this.isOpen = true;
    });
    // pg rejects the waiting statements; without a listener, the event would end the process
    this.on('error', () => {});
  }

  hasSpoken(): boolean {
    const { bytesRead } = socketOf(this);
    if (bytesRead === this.#bytesRead) return false;
    this.#bytesRead = bytesRead;
    return true;
  }
}

/** Leaves out streams of rows, which are not over when `query` returns them. */
function measureStatements(client: pg.Client, note: NoteOperation): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const measured = (...args: unknown[]) => {
    const [statement] = args as [string | { text?: string; submit?: unknown }];
    const text = typeof statement === 'string' ? statement : statement.text;
    if (text === undefined || (statement as { submit?: unknown }).submit !== undefined) return query(...args);
    const startedAt = performance.now();
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      args[args.length - 1] = (error: unknown, result: unknown) => {
        note(operationOf(text), startedAt, error);
        callback(error, result);
      };
      return query(...args);
    }
    const answer = query(...args) as Promise<unknown>;
    answer.then(
      () => note(operationOf(text), startedAt),
      (error: unknown) => note(operationOf(text), startedAt, error),
    );
    return answer;
  };
  client.query = measured as typeof client.query;
}

function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

export function isOpen(client: pg.Client): boolean {
  return (client as PoolConnection).isOpen;
}

/** Destroys the socket, because `end` would wait for the server. */
export function destroy(client: pg.Client): void {
  socketOf(client).destroy();
}
