import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LossyRedis {
  url: string;
  /**
   * The next script, or another `command` with this in it, is run by Redis, and its reply lost with the connection.
   * Resolves when that has happened.
   */
  loseNextReply(command?: RegExp): Promise<void>;
  /** Nothing gets through until it is opened again. */
  close(): void;
  open(): void;
}

/** A way to Redis on which a reply can be lost. */
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
