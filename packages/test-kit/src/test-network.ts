import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Teardown } from './teardown.ts';

/** The longest beginning of a connection in which a client names itself. */
const GREETING_BYTES = 1_024;
/** `AUTH user password` of Redis, alone or in HELLO. */
const USER = /\r\nAUTH\r\n\$\d+\r\n([^\r\n]+)\r\n\$/i;

/** One side of a network, behind a relay of its own. */
export interface Relay {
  /** The port that other sides connect to. */
  port: number;
  /** The port of the server. */
  target: number;
}

/**
 * A network of Redis servers and their clients, which a test can divide. Each server has a relay, and each client names
 * itself by the user of its AUTH. A client without a user is on all sides.
 */
export interface TestNetwork {
  /** Starts the relay of a server, which may not have started yet. */
  relay(name: string): Promise<Relay>;
  /**
   * Lets no packet through between these and those, in either direction, also over new connections. No connection is closed:
   * a network that loses packets closes none.
   */
  cut(these: string[], those: string[]): void;
  /** Lets all packets through, also those that were sent meanwhile, as TCP sends them again. */
  heal(): void;
  /** Heals the network, and loses what was sent meanwhile: its sender has died. */
  healWithoutSender(): void;
}

interface Link {
  user: string | undefined;
  server: string;
  sockets: [Socket, Socket];
}

export function testNetwork(t: Teardown): TestNetwork {
  const links = new Set<Link>();
  let cuts: [string[], string[]][] = [];

  const isCut = ({ user = '', server }: Link) =>
    cuts.some(
      ([these, those]) =>
        (these.includes(user) && those.includes(server)) || (those.includes(user) && these.includes(server)),
    );
  function apply(link: Link): void {
    for (const socket of link.sockets) isCut(link) ? socket.pause() : socket.resume();
  }

  return {
    async relay(name) {
      const server = createServer((client) => {
        const upstream = connect(relay.target, '127.0.0.1');
        const link: Link = { user: undefined, server: name, sockets: [client, upstream] };
        links.add(link);
        let greeting = '';
        client.on('data', (chunk) => {
          if (link.user === undefined && greeting.length < GREETING_BYTES) {
            greeting += chunk.toString('latin1');
            link.user = USER.exec(greeting)?.[1];
            apply(link);
          }
          upstream.write(chunk);
        });
        upstream.on('data', (chunk) => client.write(chunk));
        for (const socket of link.sockets) {
          socket.setNoDelay();
          socket.on('error', () => {}); // `close` follows
          socket.on('close', () => {
            links.delete(link);
            client.destroy();
            upstream.destroy();
          });
        }
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      t.teardown(() => {
        for (const { sockets } of links) for (const socket of sockets) socket.destroy();
        server.close();
      });
      const relay: Relay = { port: (server.address() as AddressInfo).port, target: 0 };
      return relay;
    },
    cut(these, those) {
      cuts.push([these, those]);
      for (const link of links) apply(link);
    },
    heal() {
      cuts = [];
      for (const link of links) apply(link);
    },
    healWithoutSender() {
      for (const link of links) if (isCut(link)) for (const socket of link.sockets) socket.destroy();
      cuts = [];
    },
  };
}
