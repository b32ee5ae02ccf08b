import type { Socket } from 'node:net';
import type { onRequestHookHandler } from 'fastify';

const unlimited = new WeakSet<Socket>();

/**
 * For a route whose requests are long on their way: the time that a request may take to arrive does not hold for it. It
 * must have a limit of its own, and be behind authentication.
 */
export const liftTimeLimit: onRequestHookHandler = ({ raw }, reply, done) => {
  const { socket } = raw;
  unlimited.add(socket);
  reply.raw.once('close', () => unlimited.delete(socket));
  done();
};

/** True while a request comes over it that may take as long as it does. */
export function isTimeLimitLifted(socket: Socket): boolean {
  return unlimited.has(socket);
}
