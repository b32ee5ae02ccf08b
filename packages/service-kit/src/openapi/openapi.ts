import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import type { StringFormat } from '../problems/validation.ts';
import { COMMON_HEADERS } from './common-headers.ts';
import { completeDocument, type OpenapiDocument } from './complete-document.ts';
import { withErrorResponses } from './declared-errors.ts';
import { referenceTheme } from './reference-theme.ts';
import { ProblemSchema } from './schemas.ts';

export interface OpenapiOptions {
  title: string;
  description: string;
  /** The version of the service, from its package.json. */
  version: string;
  /** The path of Swagger UI, e.g. `/docs/auth`; the document is at `${prefix}/json`. */
  prefix: string;
  securitySchemes: NonNullable<NonNullable<OpenapiDocument['components']>['securitySchemes']>;
  /** The tags, in the order of use. */
  tags: readonly { name: string; description: string }[];
  /** The scopes that Swagger UI requests by default; a user may untick them. */
  scopes: readonly string[];
  /** The formats of the service's validator; the document contains their `published` part. */
  formats?: Record<string, StringFormat>;
}

/** The public OAuth 2.0 client of every Swagger UI of an origin: they share their storage in the browser. */
export const SWAGGER_UI_CLIENT_ID = 'swagger-ui';

/** The path, under the prefix, at which Swagger UI receives authorization codes (RFC 6749 §3.1.2). */
export const SWAGGER_UI_REDIRECT_PATH = '/static/oauth2-redirect.html';

/** The policy of Swagger UI: its scripts are files, but it also sets inline styles. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Publishes an OpenAPI 3.1 document and Swagger UI for the routes that are registered later in the same scope. */
export const openapi = fp<OpenapiOptions>(
  async (app, { title, description, version, prefix, tags, securitySchemes, scopes, formats = {} }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title,
          description,
          version,
          contact: { name: 'customers-and-auth' },
          license: { name: 'MIT', identifier: 'MIT' },
        },
        tags: [...tags],
        // relative, so that the document is right behind the gateway, on another port and without a gateway
        servers: [{ url: '/' }],
        components: { securitySchemes, headers: COMMON_HEADERS, schemas: { Problem: ProblemSchema } },
      },
      transform: ({ schema, url, route }) => ({ schema: withErrorResponses(schema, route), url }),
      transformObject: (made) =>
        'openapiObject' in made ? completeDocument(made.openapiObject, formats) : made.swaggerObject,
    });
    await app.register(swaggerUi, {
      routePrefix: prefix,
      theme: referenceTheme(title, prefix),
      uiConfig: {
        layout: 'ReferenceLayout',
        persistAuthorization: true,
        tryItOutEnabled: true,
        displayRequestDuration: true,
        syntaxHighlight: { theme: 'tomorrow-night' }, // others have dim words
      },
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
