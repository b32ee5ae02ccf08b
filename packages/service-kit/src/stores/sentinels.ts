import type { Socket } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import {
  askOnce,
  type Connector,
  type Credentials,
  type Host,
  openClient,
  openStream,
  primaryConnector,
} from './primary-connector.ts';

/** Sentinel publishes it with the name of the primary, and its old and new host and port. */
const SWITCH = '+switch-master';
const WATCH_RETRY_MS = 1_000;
/** Finds out that the host of a Sentinel has vanished, because a subscriber sends nothing. */
const KEEP_ALIVE_MS = 5_000;

/**
 * Leads clients of ioredis to the primary that the Sentinels name. ioredis can do so itself, but:
 *
 * - it asks one Sentinel after the other, so a Sentinel whose host has vanished delays each connection. Here all are asked at
 *   once, and the address that most of them name counts: a Sentinel that is cut off still names the old primary.
 * - a switch while a client connects ends that client of ioredis 6.0 for good. Here a failed discovery is a connection that
 *   breaks, so the client tries again by its `retryStrategy`.
 * - it learns of further Sentinels from each Sentinel, but only the operator knows which ones can be believed.
 */
export class Sentinels {
  readonly #name: string;
  readonly #hosts: readonly Host[];
  readonly #credentials: Credentials;
  /** The open connections to a primary, with its address. */
  readonly #connections = new Map<Socket, string>();
  #watchers: Redis[] = [];
  #switches = 0;

  constructor(name: string, hosts: readonly Host[], credentials: Credentials) {
    this.#name = name;
    this.#hosts = hosts;
    this.#credentials = credentials;
  }

  get Connector(): Connector {
    return primaryConnector((limitMs, options) => this.#connect(limitMs, options));
  }

  /**
   * Follows the messages of all Sentinels. After a failover each connection to the old primary breaks at once: the old primary
   * may be reachable and answer, although nothing that it acknowledges will last.
   */
  watch(): void {
    this.#watchers = this.#hosts.map((host) => {
      const client = openClient(host, this.#credentials, {
        retryStrategy: () => WATCH_RETRY_MS,
        maxRetriesPerRequest: null,
        keepAlive: KEEP_ALIVE_MS,
      });
      client.on('message', (_channel, message: string) => {
        const [name, , , newHost, newPort] = message.split(' ');
        if (name === this.#name) this.#switched(`${newHost} ${newPort}`);
      });
      client.subscribe(SWITCH).catch(() => {}); // rejects only when the watch stops
      return client;
    });
  }

  stop(): void {
    for (const client of this.#watchers) client.disconnect();
  }

  #switched(address: string): void {
    this.#switches += 1;
    for (const [stream, current] of this.#connections) if (current !== address) stream.destroy();
  }

  async #connect(limitMs: number, options: RedisOptions): Promise<Socket> {
    let switches: number;
    let primary: Host;
    do {
      switches = this.#switches;
      primary = await this.#findPrimary(limitMs);
    } while (switches !== this.#switches);
    const stream = openStream(primary, options);
    this.#connections.set(stream, `${primary.host} ${primary.port}`);
    stream.once('close', () => this.#connections.delete(stream));
    return stream;
  }

  /** @throws {Error} with the reason of one Sentinel, if none names a primary within `limitMs` */
  #findPrimary(limitMs: number): Promise<Host> {
    return new Promise((resolve, reject) => {
      const votes = new Map<string, number>();
      let waiting = this.#hosts.length;
      let failure: Error | undefined;
      const decide = () => {
        const [most] = [...votes].sort(([, a], [, b]) => b - a);
        const isMajority = most !== undefined && most[1] > this.#hosts.length / 2;
        if (!isMajority && waiting > 0) return;
        if (most === undefined) {
          const reason = failure?.message ?? `they do not know "${this.#name}"`;
          return reject(new Error(`no Sentinel names a primary: ${reason}`, { cause: failure }));
        }
        const [host = '', port] = most[0].split(' ');
        resolve({ host, port: Number(port) });
      };
      for (const host of this.#hosts) {
        this.#ask(host, limitMs)
          .then((address) => {
            if (address !== null) votes.set(address.join(' '), (votes.get(address.join(' ')) ?? 0) + 1);
          })
          .catch((error: Error) => {
            failure = error;
          })
          .finally(() => {
            waiting -= 1;
            decide();
          });
      }
    });
  }

  #ask(host: Host, limitMs: number): Promise<[host: string, port: string] | null> {
    const command = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#name] as const;
    return askOnce(host, this.#credentials, limitMs, [...command]) as Promise<[string, string] | null>;
  }
}
