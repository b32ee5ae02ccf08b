import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';

export interface OpenapiOptions {
  title: string;
  description: string;
  /** Where Swagger UI is, e.g. `/docs/auth`; the document is at `${prefix}/json`. */
  prefix: string;
}

/** OpenAPI 3.1 of the routes registered after it in the same scope, and Swagger UI for them. */
export const openapi = fp<OpenapiOptions>(
  async (app, { title, description, prefix }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title, description, version: '1.0.0' },
        // relative, so that the document is true behind the gateway, on another port and directly
        servers: [{ url: '/' }],
        components: {
          securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
        },
      },
      refResolver: { buildLocalReference: (json, _baseUri, _fragment, i) => String(json.$id ?? `def-${i}`) },
    });
    await app.register(swaggerUi, {
      routePrefix: prefix,
      uiConfig: { persistAuthorization: true, tryItOutEnabled: true, displayRequestDuration: true },
      staticCSP: true,
    });
  },
  { name: 'openapi' },
);
