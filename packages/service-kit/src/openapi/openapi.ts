import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import type { StringFormat } from '../problems/validation.ts';
import { completeDocument, HEADERS_OF_ALL, type OpenapiDocument } from './complete-document.ts';
import { withErrorResponses } from './declared-errors.ts';

export interface OpenapiOptions {
  title: string;
  description: string;
  /** The version of the service, from its package.json. */
  version: string;
  /** Where Swagger UI is, e.g. `/docs/auth`; the document is at `${prefix}/json`. */
  prefix: string;
  securitySchemes: NonNullable<NonNullable<OpenapiDocument['components']>['securitySchemes']>;
  /** In the order of use. */
  tags: readonly { name: string; description: string }[];
  /** Which Swagger UI asks for unless one unticks them. */
  scopes: readonly string[];
  /** Those that the validator of the service knows; the document has what is published of them. */
  formats?: Record<string, StringFormat>;
}

/** The public OAuth 2.0 client that every Swagger UI of one origin is: they share what the browser keeps. */
export const SWAGGER_UI_CLIENT_ID = 'swagger-ui';

/** Where Swagger UI takes authorization codes (RFC 6749 §3.1.2), under its prefix. */
export const SWAGGER_UI_REDIRECT_PATH = '/static/oauth2-redirect.html';

/** Its scripts are files; styles it also sets in place. The page after signing in talks to the one that opened it. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** OpenAPI 3.1 of the routes registered after it in the same scope, and Swagger UI for them. */
export const openapi = fp<OpenapiOptions>(
  async (app, { title, description, version, prefix, tags, securitySchemes, scopes, formats = {} }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title,
          description,
          version,
          license: { name: 'MIT', identifier: 'MIT' },
        },
        tags: [...tags],
        // relative, so that the document is true behind the gateway, on another port and directly
        servers: [{ url: '/' }],
        components: { securitySchemes, headers: HEADERS_OF_ALL },
      },
      transform: ({ schema, url, route }) => ({ schema: withErrorResponses(schema, route), url }),
      transformObject: (made) =>
        'openapiObject' in made ? completeDocument(made.openapiObject, formats) : made.swaggerObject,
    });
    await app.register(swaggerUi, {
      routePrefix: prefix,
      uiConfig: { persistAuthorization: true, tryItOutEnabled: true, displayRequestDuration: true },
      initOAuth: {
        clientId: SWAGGER_UI_CLIENT_ID,
        usePkceWithAuthorizationCodeGrant: true,
        scopes: [...scopes],
      },
      staticCSP: PAGE_POLICY,
    });
  },
  { name: 'openapi' },
);
