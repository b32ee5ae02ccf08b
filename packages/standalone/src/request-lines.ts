import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /** The service to which a route belongs. */
    serviceName?: string;
  }
}

/** The front page asks every five seconds. */
const UNLISTED = ['/status'];
const MAX_PATH_LENGTH = 100;

/**
 * Logs one line for each request, without its query, its headers and its body: they hold tokens and passwords. Only for the
 * developer in front of a terminal, since services write no request log (docs/decisions/0004-no-request-log-in-the-services.md).
 */
export const requestLines = fp(async (app) => {
  app.addHook('onResponse', async (request, { statusCode, elapsedTime }) => {
    if (UNLISTED.includes(request.routeOptions.url ?? '')) return;
    const service = request.server.serviceName ?? 'no service';
    app.log.info(
      `${request.method} ${pathOf(request)} ${statusCode} ${Math.round(elapsedTime)} ms (${service})`,
    );
  });
});

/** Registers a service, and names it in the lines of its requests. */
export function named(serviceName: string, service: FastifyPluginAsync): FastifyPluginAsync {
  return async (app) => {
    app.decorate('serviceName', serviceName);
    await app.register(service);
  };
}

/** In printable ASCII: a path may hold characters that control a terminal. */
function pathOf({ url }: FastifyRequest): string {
  const path = url.replace(/[?#].*$/s, '').replaceAll(/[^!-~]/g, '?');
  return path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}…` : path;
}
