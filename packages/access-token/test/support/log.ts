import { Writable } from 'node:stream';
import Fastify, { type FastifyBaseLogger } from 'fastify';

/** A logger like that of a service, which records its messages in their order. */
export function capturedLog(): { log: FastifyBaseLogger; messages(): string[] } {
  const messages: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      messages.push(JSON.parse(chunk).msg);
      done();
    },
  });
  return { log: Fastify({ logger: { level: 'info', stream } }).log, messages: () => messages };
}
