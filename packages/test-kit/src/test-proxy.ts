import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Teardown } from './teardown.ts';

/** A TCP relay in front of a server, for the faults of a network. */
export interface TestProxy {
  port: number;
  /** The port of the server that new connections lead to. A test may change it at any time. */
  upstreamPort: number;
  /** The delay of each chunk that the server sends. A test may change it at any time. */
  delayMs: number;
  /** The highest number of connections at one time over which the server had not sent anything yet. */
  mostUnanswered: number;
  /** Loses all further packets of the open connections. None is closed, and new connections work. */
  silenceOpen(): void;
  /** Closes the open connections. */
  closeOpen(): void;
}

/** Starts a relay to this loopback port. */
export async function testProxy(t: Teardown, port: number): Promise<TestProxy> {
  const open = new Set<[Socket, Socket]>();
  const unanswered = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(proxy.upstreamPort, '127.0.0.1');
    const pair: [Socket, Socket] = [client, upstream];
    open.add(pair);
    unanswered.add(client);
    proxy.mostUnanswered = Math.max(proxy.mostUnanswered, unanswered.size);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      const { delayMs } = proxy;
      const relay = () => {
        unanswered.delete(client);
        client.write(chunk);
      };
      if (delayMs === 0) relay();
      else setTimeout(relay, delayMs);
    });
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        unanswered.delete(client);
        open.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  const proxy: TestProxy = {
    port: 0,
    upstreamPort: port,
    delayMs: 0,
    mostUnanswered: 0,
    silenceOpen() {
      for (const pair of open) {
        for (const socket of pair) socket.removeAllListeners('data').removeAllListeners('close').pause();
      }
    },
    closeOpen() {
      for (const pair of open) for (const socket of pair) socket.destroy();
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.port = (server.address() as AddressInfo).port;
  t.teardown(() => {
    proxy.closeOpen();
    server.close();
  });
  return proxy;
}
