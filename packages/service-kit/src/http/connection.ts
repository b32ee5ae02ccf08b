import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The bounds of nginx: `lingering_timeout` limits the silence of a client, and `lingering_time` limits its total time. */
const IDLE_MS = 5_000;
const TOTAL_MS = 30_000;
/** Twice the largest body that any route accepts. */
const MAX_BYTES = 256 * 1024 * 1024;

const CHECK_MS = 500;

type Answer = ServerResponse<IncomingMessage>;

/** A property of the socket, because it is written for each request. */
const LAST_ANSWER = Symbol('last answer');
const REQUEST_ID = Symbol('request id');
const thrownAway = new WeakSet<Socket>();

/**
 * Lets the client read the answer before the connection ends (RFC 9112 §9.6; nginx calls it `lingering_close`). A listener
 * for the event `connection` of an HTTP server.
 *
 * A client may send the whole body of a refused request before it reads the answer. If the kernel closes a connection with
 * unread bytes, it sends a reset, and the reset destroys an answer that the client has not read yet. So this function closes
 * our half of the connection. Then it reads and discards the rest, until the client closes its half or a bound is reached.
 */
export function lingerOnClose(socket: Socket): void {
  // Node calls `destroySoon` after the last answer on a connection
  socket.destroySoon = () => {
    if (socket.destroyed || socket.writableEnded) return;
    socket.end();
    throwAway(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
  };
}

/** Bounds the rest of an answered request on a connection that stays open: Node discards that rest without a bound. */
export function boundRest(request: IncomingMessage): void {
  if (request.complete !== false || isThrownAway(request.socket)) return;
  request.once('close', destroyAtBound(request.socket));
}

/** Returns a function that removes the bound. It polls, because a listener for data would interfere with the parser. */
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

/** Reads the rest of a connection within the same bounds, and discards it: it is no request any more. */
export function throwAway(socket: Socket): void {
  if (thrownAway.has(socket)) return;
  thrownAway.add(socket);
  socket.removeAllListeners('data'); // Node's parser
  socket.on('data', () => {});
  socket.once('close', destroyAtBound(socket));
  // the parser bypasses the stream: without this push, a paused stream would wait forever
  socket.push('');
  socket.resume();
}

export function isThrownAway(socket: Socket): boolean {
  return thrownAway.has(socket);
}

/** The answer to the last request whose header arrived over a connection, whether the answer has begun or not. */
export function lastAnswerOn(socket: Socket): Answer | undefined {
  return (socket as { [LAST_ANSWER]?: Answer })[LAST_ANSWER];
}

/** Keeps the id apart from the headers of `answer`, because one header there makes Node copy and check all others one by one. */
export function noteAnswer(socket: Socket, answer: Answer, requestId: string): void {
  (answer as { [REQUEST_ID]?: string })[REQUEST_ID] = requestId;
  (socket as { [LAST_ANSWER]?: Answer })[LAST_ANSWER] = answer;
}

/** The id of the request that `answer` belongs to. */
export function requestIdOf(answer: Answer): string | undefined {
  return (answer as { [REQUEST_ID]?: string })[REQUEST_ID];
}
