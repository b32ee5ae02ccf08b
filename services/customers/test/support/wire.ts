import { connect } from 'node:net';

/** What came back over a connection. */
export interface Answer {
  status: number;
  /** The first lines, as they came. */
  head: string;
  body: string;
}

/** An answer that says how long it is, after interim ones (RFC 9110 §15.2). */
const ANSWER =
  /^(?:HTTP\/1\.1 1.*?\r\n\r\n)*(?<head>HTTP\/1\.1 (?<status>[2-5]..) .*?\r\ncontent-length: (?<length>\d+)\r\n.*?)\r\n\r\n(?<body>.*)$/is;

/**
 * Sends bytes as they are over a connection of its own, and gives the first final answer; undefined when the connection
 * ended without one. After that answer `afterwards` is sent, and the end of the connection awaited.
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
    // latin1: a character is a byte
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
      answer ??= parse(received);
      if (answer === undefined) return;
      if (afterwards === undefined) socket.destroy();
      else if (socket.writable) socket.end(afterwards);
    });
    // a connection that is reset has ended too
    socket.on('error', () => {}).on('close', () => resolve(answer));
    socket.on('end', () => socket.end());
  });
}

/** The first final answer in what was received, when it is whole. */
export function parse(received: string): Answer | undefined {
  const { head = '', status, length, body = '' } = ANSWER.exec(received)?.groups ?? {};
  if (status === undefined || body.length < Number(length)) return undefined;
  const text = Buffer.from(body.slice(0, Number(length)), 'latin1').toString();
  return { status: Number(status), head, body: text };
}
