import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A loopback port nobody listens on, reserved until this process ends: no other call, in any process, is given it.
 * Below the range from which kernels take the ports of outgoing connections (32768 and up on Linux): from within it,
 * a client that reconnects to a stopped server may be given its port.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const reservation = await reserve(port);
    if (reservation === undefined) continue;
    if (await isFree(port)) return port;
    reservation.close();
  }
}

/** By the UDP port of the same number, which nobody here uses: the kernel knows it everywhere, and gives it back. */
async function reserve(port: number) {
  const socket = createSocket('udp4').unref();
  try {
    socket.bind({ port, address: '127.0.0.1' });
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
