import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';
import { openApiDocuments } from '../src/openapi-documents.ts';

// the properties of the documents on which the quality of generated clients and servers depends

type Schema = Record<string, unknown>;
interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}
interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  security?: object[];
  responses: Record<string, Answer>;
}
interface Answer {
  $ref?: string;
  headers?: Schema;
  content?: Record<string, { schema: Schema; examples?: object }>;
}
interface Document {
  info: { contact?: { name?: string } };
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> };
  paths: Record<string, Record<string, Operation>>;
}

const documents = Object.entries(await openApiDocuments()).map(
  ([service, text]): [service: string, document: Document] => [service, JSON.parse(text)],
);

const operations = documents.flatMap(([service, document]) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method} ${path}`,
      service,
      path,
      ...operation,
    })),
  ),
);

t.test('numbers and booleans of a query have their type, although a service receives text', async (t) => {
  const types: Record<string, unknown> = {
    n: 'integer',
    limit: 'integer',
    bom: 'boolean',
    dry_run: 'boolean',
  };
  const found = new Set<string>();
  for (const { name: operation, parameters = [] } of operations) {
    for (const { name, schema } of parameters.filter((parameter) => parameter.in === 'query')) {
      const { type, minimum, maximum, enum: values = [], pattern = '' } = schema;
      if (name in types) {
        found.add(name);
        t.equal(type, types[name], `${operation}: ${name}`);
      }
      if (type === 'integer') t.match([minimum, maximum], [Number, Number], `${operation}: ${name}`);
      t.notOk([values].flat().includes('true'), `${operation}: ${name} is a boolean`);
      t.notMatch(pattern, /^\^[(?:]*\[[01]-9\]/, `${operation}: ${name} is an integer`);
    }
  }
  t.same([...found].sort(), Object.keys(types).sort());
});

/** All schemas in a part of a document, by JSON Pointer. */
function* schemasIn(node: unknown, pointer: string): Generator<[pointer: string, schema: Schema]> {
  if (typeof node !== 'object' || node === null) return;
  const { type } = node as Schema;
  if (typeof type === 'string' || Array.isArray(type)) yield [pointer, node as Schema];
  for (const [name, member] of Object.entries(node)) {
    if (name !== 'example' && name !== 'examples') yield* schemasIn(member, `${pointer}/${name}`);
  }
}

const schemas = documents.flatMap(([service, document]) => [...schemasIn(document, service)]);

t.test('every array has a limit', async (t) => {
  const arrays = schemas.filter(([, { type }]) => [type].flat().includes('array'));
  t.ok(arrays.length > 10);
  for (const [pointer, { maxItems }] of arrays) t.match(maxItems, Number, pointer);
});

t.test('every object in a body, a parameter or a member is a named schema', async (t) => {
  const objects = schemas.filter(([, { type }]) => [type].flat().includes('object'));
  t.ok(objects.length > 20);
  for (const [pointer] of objects) t.match(pointer, /^[a-z]+\/components\/schemas\/[A-Z][A-Za-z]+$/, pointer);
});

t.test('headers are spelled as in their RFCs', async (t) => {
  const names = operations.flatMap(({ parameters = [], responses }) => [
    ...parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name),
    ...Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
  ]);
  t.same([...new Set(names)].sort(), [
    'Accept',
    'Accept-Encoding',
    'Accept-Patch',
    'Accept-Post',
    'Cache-Control',
    'Content-Disposition',
    'DPoP',
    'DPoP-Nonce',
    'ETag',
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Link',
    'Location',
    'RateLimit',
    'RateLimit-Policy',
    'Retry-After',
    'WWW-Authenticate',
    'X-Request-Id',
  ]);
});

t.test('every operation has an id, a summary and a description; the ids are unique', async (t) => {
  for (const { name, operationId, summary, description = '' } of operations) {
    t.match(operationId, /^[a-z]+[A-Za-z]+$/, name);
    t.ok(summary, name);
    t.match(description, /^[A-Z`].*\.$/, name);
    t.not(description, summary, name);
  }
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
});

t.test('every operation documents the 429 of the gateway, in the form of its errors', async (t) => {
  const shared = Object.fromEntries(
    documents.map(([service, { components }]) => [service, components.responses]),
  );
  t.same(Object.keys(shared.customers ?? {}).sort(), ['RateLimitExceeded', 'TooManyRequests']);
  t.same(Object.keys(shared.auth ?? {}).sort(), [
    'RateLimitExceeded',
    'RateLimitExceededOAuthError',
    'TooManyRequests',
    'TooManyRequestsOAuthError',
  ]);
  const texts = readFileSync(join(ROOT, 'nginx/problem-texts.conf'), 'utf8');
  const [example] = Object.values(shared.customers?.TooManyRequests?.content ?? {});
  const { detail } = Object(example?.examples).too_many_requests.value;
  t.ok(texts.includes(`429 "${detail}";`), 'the example has the text of the gateway');
  for (const { name, service, path, responses } of operations) {
    const { $ref = '', ...own } = responses[429] ?? {};
    const { headers = {}, content = {} } = shared[service]?.[$ref.split('/').at(-1) ?? ''] ?? own;
    const type = path.startsWith('/oauth') ? 'application/json' : 'application/problem+json';
    t.match(headers, { 'Retry-After': { required: true }, 'X-Request-Id': {} }, name);
    t.match(content, { [type]: { examples: { too_many_requests: {} } } }, name);
    t.same(Object.keys(content), [type], name);
  }
});

/** A thief who floods the API with a stolen token must not keep the user from this. */
const UNCOUNTED = 'post /auth/logout-all';

t.test('every operation that needs a token documents its limit, in all answers but 401', async (t) => {
  for (const { name, service, responses, security = [] } of operations) {
    const isLimited = security.length > 0 && security.every((one) => Object.keys(one).length > 0);
    for (const [status, { $ref = '', ...own }] of Object.entries(responses)) {
      const document = documents.find(([one]) => one === service)?.[1];
      const { headers = {} } = document?.components.responses[$ref.split('/').at(-1) ?? ''] ?? own;
      const isExpected = isLimited && name !== UNCOUNTED && status !== '401';
      t.equal('RateLimit' in headers && 'RateLimit-Policy' in headers, isExpected, `${name} ${status}`);
    }
  }
});

t.test('each code of a documented 429 is a limit of the metrics', async (t) => {
  const limits = readFileSync(
    join(ROOT, 'packages/service-kit/src/metrics/rate-limited-requests.ts'),
    'utf8',
  );
  for (const { name, service, responses } of operations) {
    const { $ref = '', ...own } = responses[429] ?? {};
    const document = documents.find(([one]) => one === service)?.[1];
    const { content = {} } = document?.components.responses[$ref.split('/').at(-1) ?? ''] ?? own;
    for (const code of Object.values(content).flatMap(({ examples = {} }) => Object.keys(examples))) {
      if (!/^(rate_limit|too_many)/.test(code) || code === 'too_many_requests') continue;
      t.ok(limits.includes(`'${code}'`), `${name}: ${code}`);
    }
  }
});

t.test('each document names the project as its contact', async (t) => {
  const { name } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const [service, { info }] of documents) t.same(info.contact, { name }, service);
});
