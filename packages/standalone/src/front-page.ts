import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ROOT } from '@pair/bootstrap';
import type { FastifyPluginAsync } from 'fastify';

const FOLDER = join(ROOT, 'nginx/html');

/** As in nginx/security-headers.conf. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page that nginx serves elsewhere, at `/` and `/docs/`. */
export const frontPage: FastifyPluginAsync = async (app) => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY);
  });
  // one route for each file: a wildcard would answer for every path, and hide 404 and 405
  // nginx makes `status` from a template of its own
  const globIgnore = ['status'];
  await app.register(fastifyStatic, { root: FOLDER, wildcard: false, schemaHide: true, globIgnore });
  for (const path of ['/docs', '/docs/']) {
    app.get(path, { schema: { hide: true } }, (_request, reply) => reply.sendFile('index.html'));
  }
};
