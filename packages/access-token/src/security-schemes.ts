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
  dpopAuth: {
    type: 'http',
    scheme: 'dpop',
    description:
      'For an access token that is bound to your key (RFC 9449 §7): `Authorization: DPoP` and the token, and in the header `DPoP` a new proof for each request, signed by that key. On `use_dpop_nonce`, repeat the request with the nonce in `DPoP-Nonce`. Any answer may have a newer one. Swagger UI and the Postman collection use Bearer tokens: they sign no proofs.',
  },
};
