import type { OpenapiOptions } from '@pair/service-kit';
import { SCOPE_DESCRIPTIONS } from './scopes.ts';

/** The security schemes of `withScope` and `asUser`. Their URLs are relative, like the URLs of the servers. */
export const securitySchemes: OpenapiOptions['securitySchemes'] = {
  oauth2: {
    type: 'oauth2',
    description:
      'Authorization code with PKCE (RFC 6749 §4.1, RFC 7636): press **Authorize** below, and sign in on a page of auth. Leave `client_id` as it is and `client_secret` empty.',
    flows: {
      authorizationCode: {
        authorizationUrl: '/oauth/authorize',
        tokenUrl: '/oauth/token',
        refreshUrl: '/oauth/token',
        scopes: SCOPE_DESCRIPTIONS,
      },
    },
  },
  bearerAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'Only for an access token that you already have, from `POST /auth/login` for example.',
  },
};
