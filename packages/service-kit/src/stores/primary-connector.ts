import { createConnection, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';

export interface Host {
  host: string;
  port: number;
}

/** The access to a server that knows the primary. */
export interface Credentials {
  username?: string | null | undefined;
  password?: string | null | undefined;
  tls?: RedisOptions['tls'];
}

/** The option `Connector` of a client; its duplicates inherit it. */
export type Connector = NonNullable<RedisOptions['Connector']>;

/**
 * Leads clients of ioredis to the primary that `find` names. A search without a result is a connection that breaks, so the client
 * tries again by its `retryStrategy`.
 *
 * @param find resolves to an open connection to the primary
 */
export function primaryConnector(
  find: (limitMs: number, options: RedisOptions) => Promise<Socket>,
): Connector {
  return class extends AbstractConnector {
    readonly #options: RedisOptions;

    constructor(options: unknown) {
      super((options as { disconnectTimeout: number }).disconnectTimeout);
      this.#options = options as RedisOptions;
    }

    /** Refuses a server that is no primary: until a failover is over, the old one is named. */
    override check(info: { role?: string }): boolean {
      return info.role === undefined || info.role === 'master';
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const stream = await find(this.#options.connectTimeout ?? 1_000, this.#options).catch(
        (error: Error) => {
          this.firstError = error;
          return new Socket().destroy();
        },
      );
      this.stream = stream;
      if (!this.connecting) stream.destroy();
      stream.once('error', (reason) => {
        this.firstError = reason;
      });
      return stream;
    }
  };
}

/** Opens a connection to the primary. With TLS its certificate must have the name by which it was found. */
export function openStream(primary: Host, { tls }: RedisOptions): Socket {
  return tls ? connectTls({ ...primary, ...tls }) : createConnection(primary);
}

/** Sends one command to a server, over a connection of its own. */
export async function askOnce(
  host: Host,
  credentials: Credentials,
  limitMs: number,
  command: [name: string, ...args: string[]],
): Promise<unknown> {
  const client = openClient(host, credentials, {
    connectTimeout: limitMs,
    commandTimeout: limitMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let refusal: Error | undefined;
  client.on('error', (error) => {
    refusal ??= error; // the command only reports that the connection is closed
  });
  try {
    return await client.call(...command);
  } catch (error) {
    throw refusal ?? error;
  } finally {
    client.disconnect();
  }
}

export function openClient(
  { host, port }: Host,
  { username, password, tls }: Credentials,
  options: Omit<RedisOptions, 'replyMapping'>,
): Redis {
  const client = new Redis({
    ...options,
    host,
    port,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(tls ? { tls } : {}),
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  client.on('error', () => {}); // the server may be away; without a listener the client would write to the console
  return client;
}
