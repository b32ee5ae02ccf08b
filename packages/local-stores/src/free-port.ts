import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds a loopback port without a listener and reserves it until this process ends: no other call, in any process,
 * returns it. The port lies below the kernel's range for outgoing connections (32768 and up on Linux). From that range
 * a client that reconnects to a stopped server could get the server's own port.
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

/** Binds the unused UDP port of the same number: the kernel knows it in every process, and frees it at the end. */
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
