// The tests of an answer, as the OpenAPI documents have it.
import { test } from './scripts.mjs';

/** What ajv in Postman knows; any other format would be an error there. */
const KNOWN_FORMATS = ['date', 'date-time', 'email', 'uri', 'uuid'];

/** The status that is expected, or one of several. */
export function statusesOf({ responses }, { status }) {
  return [status ?? Object.keys(responses).find((one) => one.startsWith('2'))].flat().map(String);
}

/** The status, and the media type and the schema that the document has for it. */
export function testsOf(operation, planned) {
  const statuses = statusesOf(operation, planned);
  const name = `${statuses.join(' or ')}, as documented`;
  if (statuses.length === 1) {
    const [status] = statuses;
    return [
      ...test(name, `pm.response.to.have.status(${status});`),
      ...contentTests(operation, status, planned),
    ];
  }
  return [
    ...test(name, `pm.expect(pm.response.code).to.be.oneOf([${statuses.join(', ')}]);`),
    ...statuses.flatMap((status) => [
      `if (pm.response.code === ${status}) {`,
      ...contentTests(operation, status, planned).map((line) => `  ${line}`),
      '}',
    ]),
  ];
}

function contentTests({ responses, document }, status, { type }) {
  const content = responses[status]?.content ?? {};
  const media = type ?? Object.keys(content)[0];
  if (media === undefined) return test('without a body', "pm.expect(pm.response.text()).to.equal('');");
  const isMedia = `pm.expect(pm.response.headers.get('content-type')).to.match(/^${media.replaceAll(/[/+.]/g, '\\$&')}\\b/);`;
  const lines = test(media, isMedia);
  if (!/json$/.test(media) || media === 'application/x-ndjson') return lines;
  const schema = JSON.stringify(shapeOf(content[media].schema, document));
  return [...lines, ...test('the body is as documented', `pm.response.to.have.jsonSchema(${schema});`)];
}

/** A schema without what only people read, and without references. */
function shapeOf(schema, document) {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((one) => shapeOf(one, document));
  if (schema.$ref !== undefined) {
    const target = schema.$ref
      .split('/')
      .slice(1)
      .reduce((node, name) => node[name], document);
    return shapeOf(target, document);
  }
  const entries = Object.entries(schema).filter(
    ([name, value]) =>
      !['description', 'examples', 'example', 'title', '$id'].includes(name) &&
      (name !== 'format' || KNOWN_FORMATS.includes(value)),
  );
  const shape = Object.fromEntries(entries.map(([name, value]) => [name, shapeOf(value, document)]));
  if (schema.properties === undefined) return shape;
  // by themselves, because a member may well be called `title`
  const properties = Object.entries(schema.properties).map(([name, value]) => [
    name,
    shapeOf(value, document),
  ]);
  return { ...shape, properties: Object.fromEntries(properties) };
}
