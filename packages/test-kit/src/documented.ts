import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Teardown } from './teardown.ts';

interface OpenapiDocument {
  components?: { headers?: Record<string, DocumentedHeader>; responses?: Record<string, DocumentedResponse> };
  paths: Record<string, Record<string, { responses: Record<string, DocumentedResponse | { $ref: string }> }>>;
}
interface DocumentedResponse {
  headers?: Record<string, DocumentedHeader | { $ref: string }>;
  content?: Record<string, { schema: object; examples?: object }>;
}

interface DocumentedHeader {
  required?: boolean;
}

/**
 * A plugin to register in front of a service. It compares each answer of a documented route with the OpenAPI document
 * that the service serves: its status, media type, members (no more and no fewer), headers, and the code of a problem.
 * If an answer differs, the test file fails at its end.
 */
export function documented(t: Teardown) {
  const faults = new Set<string>();
  const checks = new WeakMap<FastifyInstance, Check>();
  t.teardown(() => {
    if (faults.size === 0) return;
    console.error(`answers that differ from the OpenAPI document:\n${[...faults].join('\n')}`);
    process.exitCode = 1; // an exception would prevent the other teardowns
  });

  return fp(async (app) => {
    app.addHook('onSend', async (request, reply, payload) => {
      const { server } = request;
      if (!('swagger' in server) || request.is404) return;
      if (reply.raw.destroyed) return; // the client is gone, and receives no answer
      const check = checks.get(server) ?? conformance((server as { swagger(): unknown }).swagger());
      checks.set(server, check);
      const fault = check(request, reply, payload);
      if (fault !== undefined) {
        faults.add(`${request.method} ${request.routeOptions.url} ${reply.statusCode}: ${fault}`);
      }
    });
  });
}

/** Returns the fault of an answer; undefined if it is as documented, or if the document does not have the route. */
type Check = (request: FastifyRequest, reply: FastifyReply, payload: unknown) => string | undefined;

function conformance(served: unknown): Check {
  const document = closed(served) as OpenapiDocument;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajvFormats.default(ajv);
  ajv.addSchema(document, 'document');

  return ({ method, routeOptions, raw }, reply, payload) => {
    const path = (routeOptions.url ?? '').replaceAll(/:(\w+)/g, '{$1}');
    const documentedMethod = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = document.paths[path]?.[documentedMethod];
    if (operation === undefined) return undefined;
    const listed = operation.responses[reply.statusCode];
    const isShared = listed !== undefined && '$ref' in listed;
    const response = isShared ? document.components?.responses?.[lastOf(listed.$ref)] : listed;
    if (response === undefined) return 'this status is not documented';

    for (const [name, header] of Object.entries(response.headers ?? {})) {
      const described = '$ref' in header ? document.components?.headers?.[lastOf(header.$ref)] : header;
      // `hasHeader` does not know the headers of the raw response
      if (described?.required && reply.getHeader(name) === undefined) return `without ${name}`;
    }
    const { content = {} } = response;
    if (payload === undefined || payload === null || payload === '') {
      return raw.method === 'HEAD' || Object.keys(content).length === 0 ? undefined : 'without a body';
    }
    const type = String(reply.getHeader('content-type')).replace(/;.*/, '');
    if (content[type] === undefined) return `${type} is not documented`;
    if (!/json$/.test(type) || type === 'application/x-ndjson') return undefined;
    const place = isShared
      ? ['components', 'responses', lastOf(listed.$ref)]
      : ['paths', path, documentedMethod, 'responses', reply.statusCode];
    const $ref = `document#/${[...place, 'content', type, 'schema'].map(escapePointer).join('/')}`;
    const validate = ajv.getSchema($ref) ?? ajv.compile({ $ref });
    const body = JSON.parse(String(payload));
    if (!validate(body)) return ajv.errorsText(validate.errors);
    const { examples } = content[type];
    if (type !== 'application/problem+json' || examples === undefined) return undefined;
    return body.code in examples ? undefined : `there is no example of ${body.code}`;
  };
}

/** The name at the end of a reference. */
function lastOf($ref: string): string {
  return $ref.slice($ref.lastIndexOf('/') + 1);
}

/** Escapes a part of a JSON Pointer in a URI, RFC 6901 §3 and §6. */
function escapePointer(part: string | number): string {
  return encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** A copy of a document whose object schemas allow only the members that they name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]));
  const isObjectSchema = copy.type === 'object' && copy.properties !== undefined;
  return isObjectSchema ? { additionalProperties: false, ...copy } : copy;
}
