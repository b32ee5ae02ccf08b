import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends all parts over a new connection before it reads anything, as simple clients do. Resolves with the answer, one
 * character for each byte, up to the end of a first answer with a length.
 *
 * @throws the error of a connection that is reset before the answer is read
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
  // the end of this loop closes the connection
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
