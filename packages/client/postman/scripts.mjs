// What runs in Postman, as lines of text.

/** Where `tokens` is an answer with tokens. */
const KEEP = `
pm.collectionVariables.set('access_token', tokens.access_token);
pm.collectionVariables.set('refresh_token', tokens.refresh_token);
pm.collectionVariables.set('expires_at', Date.now() + tokens.expires_in * 1000);`
  .trim()
  .split('\n');

/** Before each request of the collection: a token that is good for ten seconds more, or another one. */
export const SIGN_IN_IF_NEEDED = `
const kept = pm.collectionVariables;
const usesRefreshToken = JSON.stringify(pm.request.body || '').includes('{{refresh_token}}');
const isOpen = pm.request.auth && pm.request.auth.type !== 'bearer' && !usesRefreshToken;
const isFresh = Number(kept.get('expires_at') || 0) - 10000 > Date.now();

if (!isOpen && !isFresh) {
  const post = (path, body, done) => pm.sendRequest({
    url: pm.variables.replaceIn('{{base_url}}') + path,
    method: 'POST',
    header: { 'Content-Type': 'application/json' },
    body: { mode: 'raw', raw: JSON.stringify(body) },
  }, (error, response) => {
    if (error) throw error;
    done(response);
  });
  const keep = (response) => {
    const tokens = response.json();
    ${KEEP.join('\n    ')}
  };
  const signIn = () => {
    const username = pm.variables.get('username') || 'admin';
    const password = pm.variables.get('password');
    if (!password) throw new Error('Set "password" in the environment: it was printed when the first admin was made.');
    post('/auth/login', { username, password }, (response) => {
      if (response.code !== 200) throw new Error('Signing in was refused: ' + response.text());
      keep(response);
    });
  };
  const refresh_token = kept.get('refresh_token');
  if (!refresh_token) signIn();
  else post('/auth/refresh', { refresh_token }, (response) => (response.code === 200 ? keep(response) : signIn()));
}`
  .trim()
  .split('\n');

/** Before a request as the user whom the collection makes: signs that user in. */
export const BEARER_OF_USER = `
pm.sendRequest({
  url: pm.variables.replaceIn('{{base_url}}/auth/login'),
  method: 'POST',
  header: { 'Content-Type': 'application/json' },
  body: {
    mode: 'raw',
    raw: JSON.stringify({
      username: pm.collectionVariables.get('user_name'),
      password: pm.collectionVariables.get('user_password'),
    }),
  },
}, (error, response) => {
  if (error || response.code !== 200) throw error || new Error('Send "Make a user" first.');
  const token = response.json().access_token;
  pm.collectionVariables.set('user_access_token', token);
  pm.collectionVariables.set('user_sid', JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sid);
});`
  .trim()
  .split('\n');

/** Keeps the tokens of an answer as those of the collection. */
export const KEEP_TOKENS = [
  'if (pm.response.code === 200) {',
  '  const tokens = pm.response.json();',
  ...KEEP.map((line) => `  ${line}`),
  '}',
];

/** So that the next request signs in anew. */
export const FORGET_TOKENS = ['access_token', 'refresh_token', 'expires_at'].map(
  (name) => `pm.collectionVariables.unset('${name}');`,
);

/** Keeps members of an answer: variable → member. */
export function keep(variables) {
  return [
    "pm.test('its answer is kept for the next requests', () => {",
    '  const answer = pm.response.json();',
    ...Object.entries(variables).map(
      ([variable, member]) => `  pm.collectionVariables.set('${variable}', answer.${member});`,
    ),
    '});',
  ];
}

export function test(name, ...lines) {
  return [`pm.test(${JSON.stringify(name)}, () => {`, ...lines.map((line) => `  ${line}`), '});'];
}

export const wait = (ms) => [`setTimeout(() => {}, ${ms}); // refused everywhere within a second`];

/** The status, the media type and the schema that the document has for the answer. */
export function testOf(operation, { status, type, statusOf }) {
  if (statusOf !== undefined) {
    // without a client of one's own there is nothing to prove
    return test(
      '200 for a client that may ask, and otherwise 401',
      `pm.response.to.have.status(pm.variables.get('${statusOf}') ? 200 : 401);`,
    );
  }
  const expected = String(status ?? Object.keys(operation.responses).find((one) => one.startsWith('2')));
  const content = operation.responses[expected]?.content ?? {};
  const media = type ?? Object.keys(content)[0];
  const lines = [...test(`${expected}, as documented`, `pm.response.to.have.status(${expected});`)];
  if (media === undefined)
    return [...lines, ...test('without a body', "pm.expect(pm.response.text()).to.equal('');")];
  const isMedia = `pm.expect(pm.response.headers.get('content-type')).to.match(/^${media.replaceAll(/[/+.]/g, '\\$&')}\\b/);`;
  lines.push(...test(media, isMedia));
  if (!/json$/.test(media) || media === 'application/x-ndjson') return lines;
  const schema = JSON.stringify(shapeOf(content[media].schema, operation.document));
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
    ([name]) => !['description', 'examples', 'title', '$id'].includes(name),
  );
  const shape = Object.fromEntries(entries.map(([name, value]) => [name, shapeOf(value, document)]));
  if (schema.properties === undefined) return shape;
  const properties = Object.entries(schema.properties).map(([name, value]) => [
    name,
    shapeOf(value, document),
  ]);
  return { ...shape, properties: Object.fromEntries(properties) };
}
