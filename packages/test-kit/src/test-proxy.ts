import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Teardown } from './teardown.ts';

/** A TCP relay in front of a server, for the faults of a network. */
export interface TestProxy {
  port: number;
  /** How long each piece of what the server sends is held back; may be changed at any time. */
  delayMs: number;
  /** The most connections that existed before the server had sent anything over them, at one time. */
  mostUnanswered: number;
  /** Loses all packets of the connections that are open now; none is closed, and new ones work. */
  silenceOpen(): void;
}

/** A relay to this port of the loopback. */
export async function testProxy(t: Teardown, port: number): Promise<TestProxy> {
  const open = new Set<[Socket, Socket]>();
  const unanswered = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
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
    delayMs: 0,
    mostUnanswered: 0,
    silenceOpen() {
      for (const pair of open) {
        for (const socket of pair) socket.removeAllListeners('data').removeAllListeners('close').pause();
      }
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.port = (server.address() as AddressInfo).port;
  t.teardown(() => {
    for (const pair of open) for (const socket of pair) socket.destroy();
    server.close();
  });
  return proxy;
}
