import type { Socket } from 'node:net';
import type { onRequestHookHandler } from 'fastify';

const unlimited = new WeakSet<Socket>();

/**
 * Exempts a route from the time limit for the arrival of a request. Such a route must have its own limit, and must be behind
 * authentication.
 */
export const liftTimeLimit: onRequestHookHandler = ({ raw }, reply, done) => {
  const { socket } = raw;
  unlimited.add(socket);
  reply.raw.once('close', () => unlimited.delete(socket));
  done();
};

/** True while a request of an exempt route arrives over the connection. */
export function isTimeLimitLifted(socket: Socket): boolean {
  return unlimited.has(socket);
}
