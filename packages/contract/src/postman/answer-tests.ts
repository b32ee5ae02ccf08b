// Generates the tests of an answer from the OpenAPI documents.
import type { OpenApiDocument } from '../openapi-files.ts';
import type { PlannedRequest } from './plan.ts';
import type { ConvertedOperation } from './request-item.ts';
import { test } from './scripts.ts';

/** Keywords that check nothing. */
const FOR_PEOPLE = ['description', 'examples', 'example', 'title', '$id'];
/** The formats that Postman's ajv knows; any other format is an error there. */
const KNOWN_FORMATS = ['date', 'date-time', 'email', 'uri', 'uuid'];

/** The expected statuses: those of the plan, or else the documented success. */
export function statusesOf({ responses }: ConvertedOperation, { status }: PlannedRequest): string[] {
  return [status ?? Object.keys(responses).find((one) => one.startsWith('2'))].flat().map(String);
}

/** Tests of the status, and of the media type and the schema that the document has for it. */
export function testsOf(operation: ConvertedOperation, planned: PlannedRequest): string[] {
  const statuses = statusesOf(operation, planned);
  return [
    ...test(
      `${statuses.join(' or ')}, as documented`,
      `pm.expect(pm.response.code).to.be.oneOf([${statuses.join(', ')}]);`,
    ),
    ...statuses.flatMap((status) => [
      `if (pm.response.code === ${status}) {`,
      ...contentTests(operation, status, planned).map((line) => `  ${line}`),
      '}',
    ]),
  ];
}

function contentTests(
  { responses, document }: ConvertedOperation,
  status: string,
  { accept = '' }: PlannedRequest,
): string[] {
  const content = responses[status]?.content ?? {};
  const media = accept in content ? accept : Object.keys(content)[0];
  if (media === undefined) return test('without a body', "pm.expect(pm.response.text()).to.equal('');");
  const isMedia = `pm.expect(pm.response.headers.get('content-type')).to.match(/^${media.replaceAll(/[/+.]/g, '\\$&')}\\b/);`;
  const lines = test(media, isMedia);
  if (!/json$/.test(media)) return lines;
  const schema = JSON.stringify(shapeOf(content[media]?.schema, document));
  return [...lines, ...test('the body is as documented', `pm.response.to.have.jsonSchema(${schema});`)];
}

/** A schema without the keywords for people, and with its references resolved. */
function shapeOf(schema: unknown, document: OpenApiDocument): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((one) => shapeOf(one, document));
  if ('$ref' in schema) {
    const target = String(schema.$ref)
      .split('/')
      .slice(1)
      .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], document);
    return shapeOf(target, document);
  }
  const shapesOf = (members: object) =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, shapeOf(value, document)]));
  const checked = Object.entries(schema).filter(([keyword, value]) =>
    keyword === 'format' ? KNOWN_FORMATS.includes(value) : !FOR_PEOPLE.includes(keyword),
  );
  const shape = shapesOf(Object.fromEntries(checked));
  // apart from the keywords, because a member may be called `title`
  const { properties } = schema as { properties?: object };
  return properties === undefined ? shape : { ...shape, properties: shapesOf(properties) };
}
