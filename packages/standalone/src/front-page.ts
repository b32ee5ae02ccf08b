import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ROOT } from '@pair/bootstrap';
import type { FastifyPluginAsync } from 'fastify';

const FOLDER = join(ROOT, 'nginx/html');

/** The policy of nginx/security-headers.conf; a test compares the two. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Files that have an address without `.html`. */
const PAGES = {
  '/docs': 'index.html',
  '/docs/': 'index.html',
  '/replay': 'replay.html',
  '/replay/explained': 'replay/explained.html',
};

/** Serves the front page at `/` and `/docs/`, and the pages below `/replay`, as nginx does in the composed system. */
export const frontPage: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY);
  });
  // one route for each file: a wildcard would answer for every path, and hide 404 and 405
  // `status` is nginx's template of a route that status.ts serves here
  const globIgnore = ['status'];
  await app.register(fastifyStatic, { root: FOLDER, wildcard: false, schemaHide: true, globIgnore });
  for (const [path, file] of Object.entries(PAGES)) {
    app.get(path, { schema: { hide: true } }, (_request, reply) => reply.sendFile(file));
  }
};
