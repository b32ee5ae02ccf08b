import { connect } from 'node:net';

/** The answer to a request over a raw connection. */
export interface Answer {
  status: number;
  /** The status line and the header lines. */
  head: string;
  body: string;
}

/** A final answer with a Content-Length, after interim ones (RFC 9110 §15.2). */
const ANSWER =
  /^(?:HTTP\/1\.1 1.*?\r\n\r\n)*(?<head>HTTP\/1\.1 (?<status>[2-5]..) .*?\r\ncontent-length: (?<length>\d+)\r\n.*?)\r\n\r\n(?<body>.*)$/is;

/**
 * Sends bytes unchanged over a new connection, and returns the first final answer; undefined if the connection ends without
 * one. Sends `afterwards` after that answer, and waits for the end of the connection.
 */
export function exchange(
  port: number,
  bytes: string | Buffer,
  { afterwards, end = false }: { afterwards?: string; end?: boolean } = {},
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    let received = '';
    let answer: Answer | undefined;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(bytes);
      if (end) socket.end();
    });
    // in latin1 each byte is a character
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
      answer ??= parse(received);
      if (answer === undefined) return;
      if (afterwards === undefined) socket.destroy();
      else if (socket.writable) socket.end(afterwards);
    });
    // a reset also ends the connection
    socket.on('error', () => {}).on('close', () => resolve(answer));
    socket.on('end', () => socket.end());
  });
}

/** Returns the first final answer in the received text; undefined until it is complete. */
export function parse(received: string): Answer | undefined {
  const { head = '', status, length, body = '' } = ANSWER.exec(received)?.groups ?? {};
  if (status === undefined || body.length < Number(length)) return undefined;
  const text = Buffer.from(body.slice(0, Number(length)), 'latin1').toString();
  return { status: Number(status), head, body: text };
}
