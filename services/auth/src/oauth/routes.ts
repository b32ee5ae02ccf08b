import { asUser } from '@pair/access-token';
import { declareErrors, unavailable } from '@pair/service-kit';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import { invalidClient } from './authenticate-client.ts';
import type { Product } from './authorize/product.ts';
import { authorizeRoutes } from './authorize/routes.ts';
import { addFormParser } from './form-parser.ts';
import { introspectionRoutes } from './introspection-routes.ts';
import { metadataRoutes } from './metadata-routes.ts';
import { bearerErrorForm, oauthErrorForm, sendOAuthError } from './oauth-error.ts';
import { reportRefusedClient } from './report-refused-client.ts';
import type { Recipients } from './resource-indicators.ts';
import { revocationRoutes } from './revocation-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { userinfoRoutes } from './userinfo-routes.ts';

/** The OAuth 2.0 authorization server: it takes forms, and sends errors in the form of RFC 6749. */
export function oauthRoutes(
  options: Recipients & { sealingKeys: SealingKeys; product: Product },
): FastifyPluginAsync {
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
      answerPrograms(endpoints);
      declareErrors(endpoints, {
        form: oauthErrorForm,
        problems: [() => invalidClient(true), () => invalidClient(false), unavailable],
      });
      await endpoints.register(tokenRoutes(options));
      await endpoints.register(revocationRoutes);
      await endpoints.register(introspectionRoutes(options));
    });
    await app.register(async (endpoint) => {
      answerPrograms(endpoint);
      declareErrors(endpoint, { form: bearerErrorForm });
      await endpoint.register(asUser(userinfoRoutes));
    });
  };
}

/** Reads forms, answers errors as RFC 6749 does, and lets no cache keep an answer (§5.1). */
function answerPrograms(app: FastifyInstance): void {
  addFormParser(app);
  app.setErrorHandler(sendOAuthError);
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
}
