import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** As nginx has them: `lingering_timeout`, how long a client may be silent, and `lingering_time`, how long it may take in all. */
const IDLE_MS = 5_000;
const TOTAL_MS = 30_000;
/** Twice the largest body that any route takes. */
const MAX_BYTES = 256 * 1024 * 1024;

const CHECK_MS = 500;

type Answer = ServerResponse<IncomingMessage>;

/** On the socket itself: it is written for each request. */
const LAST_ANSWER = Symbol('last answer');
const thrownAway = new WeakSet<Socket>();

/**
 * Lets the client have the answer before the connection ends (RFC 9112 §9.6; nginx calls it `lingering_close`). For the
 * event `connection` of an HTTP server.
 *
 * A client may still send the body of a request that was refused, and look for the answer only afterwards. A kernel that
 * closes a connection with unread bytes sends a reset, and a reset destroys an answer that its client has not read yet.
 * So our half is closed, and what still comes is read and thrown away, until the client closes its half or a bound is reached.
 */
export function lingerOnClose(socket: Socket): void {
  // Node calls this after the last answer on a connection
  socket.destroySoon = () => {
    if (socket.destroyed || socket.writableEnded) return;
    socket.end();
    throwAway(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
  };
}

/** For a request that is answered, on a connection that is kept: Node throws away what still comes of it, without a bound. */
export function boundRest(request: IncomingMessage): void {
  if (request.complete !== false || isThrownAway(request.socket)) return;
  request.once('close', destroyAtBound(request.socket));
}

/** Gives what takes the bound away again. It looks now and then: to listen for data would get into the way of the parser. */
function destroyAtBound(socket: Socket): () => void {
  const bytes = socket.bytesRead;
  let times = 0;
  const timer = setInterval(() => {
    times++;
    if (times * CHECK_MS >= TOTAL_MS || socket.bytesRead - bytes > MAX_BYTES) socket.destroy();
    if (socket.destroyed) clearInterval(timer);
  }, CHECK_MS).unref();
  return () => clearInterval(timer);
}

/** What still comes over the connection is read, within the same bounds, but is no request any more. */
export function throwAway(socket: Socket): void {
  if (thrownAway.has(socket)) return;
  thrownAway.add(socket);
  socket.removeAllListeners('data'); // Node's parser
  socket.on('data', () => {});
  socket.once('close', destroyAtBound(socket));
  // the parser reads past the stream; without this, a stream that was paused meanwhile would wait for it forever
  socket.push('');
  socket.resume();
}

export function isThrownAway(socket: Socket): boolean {
  return thrownAway.has(socket);
}

/** Of the last request whose header came over a connection, the answer, begun or not. */
export function lastAnswerOn(socket: Socket): Answer | undefined {
  return (socket as { [LAST_ANSWER]?: Answer })[LAST_ANSWER];
}

export function noteAnswer(socket: Socket, answer: Answer): void {
  (socket as { [LAST_ANSWER]?: Answer })[LAST_ANSWER] = answer;
}
