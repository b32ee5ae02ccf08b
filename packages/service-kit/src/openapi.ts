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
      transformObject: (made) =>
        'openapiObject' in made ? completed(made.openapiObject) : made.swaggerObject,
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

interface Operation {
  parameters?: { name: string; in: string; example?: unknown }[];
  responses: Record<string, { headers?: Record<string, Header>; content?: Record<string, Media> }>;
}
interface Header {
  required?: boolean;
  schema: { required?: boolean };
}
interface Media {
  examples?: Record<string, { value: { instance?: string } }>;
}

/** What @fastify/swagger has no place for: which headers are always there, and the path in the examples of problems. */
function completed<Document extends { paths?: object }>(document: Document): Document {
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const { parameters = [], responses } of Object.values<Operation>(operations)) {
      const instance = path.replaceAll(/\{(\w+)\}/g, (template, name) => {
        const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
        return String(parameter?.example ?? template);
      });
      for (const { headers = {}, content = {} } of Object.values(responses)) {
        for (const header of Object.values(headers)) {
          const { required, ...schema } = header.schema;
          Object.assign(header, { required, schema });
        }
        for (const { value } of Object.values(content['application/problem+json']?.examples ?? {})) {
          value.instance = instance;
        }
      }
    }
  }
  return document;
}
