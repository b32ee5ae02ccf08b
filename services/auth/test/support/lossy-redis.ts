import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LossyRedis {
  url: string;
  /**
   * Lets Redis run the next script, or the next command that matches, and loses its reply with the connection. Resolves
   * when the reply is lost.
   */
  loseNextReply(command?: RegExp): Promise<void>;
  /** Cuts all connections, and refuses new ones until `open`. */
  close(): void;
  open(): void;
}

/** Starts a proxy to Redis that can lose a reply. */
export async function lossyRedis(t: { teardown(fn: () => void): void }, port: number): Promise<LossyRedis> {
  const sockets = new Set<Socket>();
  let awaited: { command: RegExp; onLoss: () => void } | undefined;
  let closed = false;

  const server = createServer((client) => {
    if (closed) return client.destroy();
    const redis = connect(port, '127.0.0.1');
    let losing = false;
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        redis.destroy();
        sockets.delete(socket);
      });
    }
    client.on('data', (bytes) => {
      losing ||= awaited?.command.test(bytes.toString('latin1')) ?? false;
      redis.write(bytes);
    });
    redis.on('data', (bytes) => {
      if (!losing) return client.write(bytes);
      client.destroy();
      awaited?.onLoss();
      awaited = undefined;
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextReply: (command = /evalsha/i) =>
      new Promise((onLoss) => {
        awaited = { command, onLoss };
      }),
    close: () => {
      closed = true;
      for (const socket of sockets) socket.destroy();
    },
    open: () => {
      closed = false;
    },
  };
}
