// The tests of an answer, as the OpenAPI documents have it.
import { test } from './scripts.mjs';

/** Keywords that check nothing. */
const FOR_PEOPLE = ['description', 'examples', 'example', 'title', '$id'];
/** What ajv in Postman knows; any other format would be an error there. */
const KNOWN_FORMATS = ['date', 'date-time', 'email', 'uri', 'uuid'];

/** The status that is expected, or one of several. */
export function statusesOf({ responses }, { status }) {
  return [status ?? Object.keys(responses).find((one) => one.startsWith('2'))].flat().map(String);
}

/** The status, and the media type and the schema that the document has for it. */
export function testsOf(operation, planned) {
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

function contentTests({ responses, document }, status, { accept }) {
  const content = responses[status]?.content ?? {};
  const media = accept in content ? accept : Object.keys(content)[0];
  if (media === undefined) return test('without a body', "pm.expect(pm.response.text()).to.equal('');");
  const isMedia = `pm.expect(pm.response.headers.get('content-type')).to.match(/^${media.replaceAll(/[/+.]/g, '\\$&')}\\b/);`;
  const lines = test(media, isMedia);
  if (!/json$/.test(media)) return lines;
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
  const shapesOf = (members) =>
    Object.fromEntries(Object.entries(members).map(([name, value]) => [name, shapeOf(value, document)]));
  const checked = Object.entries(schema).filter(([keyword, value]) =>
    keyword === 'format' ? KNOWN_FORMATS.includes(value) : !FOR_PEOPLE.includes(keyword),
  );
  const shape = shapesOf(Object.fromEntries(checked));
  // by themselves, because a member may well be called `title`
  return schema.properties === undefined ? shape : { ...shape, properties: shapesOf(schema.properties) };
}
