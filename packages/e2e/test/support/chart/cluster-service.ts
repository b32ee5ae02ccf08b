import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Teardown } from '@pair/test-kit';

/** A Service with a cluster IP: one address, behind which the pods change. */
export interface ClusterService {
  port: number;
  /** The ports of the pods that get new connections. An open connection stays with its pod, as in the kernel of a node. */
  endpoints: number[];
}

/** Starts a relay that gives each connection to one of the endpoints, at random as kube-proxy does. */
export async function clusterService(t: Teardown, endpoints: number[]): Promise<ClusterService> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const { endpoints } = service;
    const pod = connect({
      port: endpoints[Math.floor(Math.random() * endpoints.length)] ?? 0,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    for (const [socket, other] of [
      [client, pod],
      [pod, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true).pipe(other);
      socket.on('error', () => other.resetAndDestroy()).on('close', () => sockets.delete(socket));
    }
  });
  const service: ClusterService = { port: 0, endpoints };
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  service.port = (server.address() as AddressInfo).port;
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return service;
}
