import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay from 'find-my-way';
import { Problem, pathOf } from '../problems/problem.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Answers OPTIONS, and throws 404 or 405. It is the not-found handler of the root. A prefix whose errors have another
     * form must set it again with `setNotFoundHandler`.
     */
    answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  }
}

/**
 * Distinguishes 405 with `Allow` (RFC 9110 §15.5.6) from 404, and answers OPTIONS. Fastify's router has a tree for each
 * method, and answers 404 for a path that exists for another method. So this function keeps one tree of paths with their
 * methods. It must see every route: call it on the root before you register anything.
 */
export function addNotFoundHandler(app: FastifyInstance): void {
  const paths = findMyWay({ maxParamLength: MAX_PARAM_LENGTH });
  const methodsOfPath = new Map<string, Set<string>>();

  app.addHook('onRoute', ({ url, method }) => {
    let methods = methodsOfPath.get(url);
    if (methods === undefined) {
      methods = new Set();
      methodsOfPath.set(url, methods);
      paths.on('GET', url, () => {}, methods);
    }
    for (const name of [method].flat()) methods.add(name);
  });

  app.decorate('answerNotFound', (request: FastifyRequest, reply: FastifyReply) => {
    const methods: Set<string> | undefined = paths.find('GET', pathOf(request.url))?.store;
    // a route with this method may still have found nothing, as the route of Swagger UI's files does
    if (methods === undefined || methods.has(request.method)) {
      throw new Problem(404, 'not_found', 'There is nothing here.');
    }
    const allow = [...methods, 'OPTIONS'].join(', ');
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
    throw new Problem(405, 'method_not_allowed', `This resource supports only ${allow}.`, {
      headers: { allow },
    });
  });
  app.setNotFoundHandler(app.answerNotFound);
}

/** Longer than any URL that Node accepts, so that a long id gets the route's 400 and not the router's 404. */
export const MAX_PARAM_LENGTH = 16_384;
