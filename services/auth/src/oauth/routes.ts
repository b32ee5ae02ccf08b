import { declareErrors, unavailable } from '@pair/service-kit';
import type { FastifyPluginAsync } from 'fastify';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import { invalidClient } from './authenticate-client.ts';
import { authorizeRoutes } from './authorize/routes.ts';
import { addFormParser } from './form-parser.ts';
import { introspectionRoutes } from './introspection-routes.ts';
import { metadataRoutes } from './metadata-routes.ts';
import { oauthErrorForm, sendOAuthError } from './oauth-error.ts';
import { reportRefusedClient } from './report-refused-client.ts';
import { revocationRoutes } from './revocation-routes.ts';
import { tokenRoutes } from './token-routes.ts';

/** The OAuth 2.0 authorization server: it takes forms, and sends errors in the form of RFC 6749. */
export function oauthRoutes(options: { issuer: string; sealingKeys: SealingKeys }): FastifyPluginAsync {
  return async (app) => {
    await app.register(reportRefusedClient);
    await app.register(metadataRoutes(options));
    await app.register(async (pages) => {
      addFormParser(pages);
      await pages.register(authorizeRoutes(options));
    });
    await app.register(
      // 404 and 405 of paths that are no route have the form of RFC 6749 too
      async (unknownPaths) => {
        unknownPaths.setErrorHandler(sendOAuthError);
        unknownPaths.setNotFoundHandler(app.answerNotFound);
      },
      { prefix: '/oauth' },
    );
    await app.register(async (endpoints) => {
      addFormParser(endpoints);
      endpoints.setErrorHandler(sendOAuthError);
      declareErrors(endpoints, {
        form: oauthErrorForm,
        problems: [() => invalidClient(true), () => invalidClient(false), unavailable],
      });
      endpoints.addHook(
        'onRequest',
        async (_request, reply) => void reply.header('cache-control', 'no-store'),
      );
      await endpoints.register(tokenRoutes);
      await endpoints.register(revocationRoutes);
      await endpoints.register(introspectionRoutes(options));
    });
  };
}
