import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends all of it over a connection of its own before it reads anything, as simple clients do. Gives what comes back, a
 * character for each byte, up to the end of a first answer that has a length.
 *
 * @throws the error of the connection, when it is reset before the answer is read
 */
export async function sendBlindly(port: number, ...parts: (string | Uint8Array)[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).pause();
  await once(socket, 'connect');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    for (const part of parts.slice(0, -1)) socket.write(part, 'latin1');
    socket.write(parts.at(-1) ?? '', 'latin1', (error) => (error ? reject(error) : resolve()));
  });
  let received = '';
  // to leave the loop is to close the connection
  for await (const chunk of socket.setEncoding('latin1')) {
    received += chunk;
    if (isWhole(received)) break;
  }
  return received;
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n') + 4;
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(received.slice(0, end)) ?? [];
  return length !== undefined && received.length >= end + Number(length);
}
