import t from 'tap';
import { Type } from 'typebox';
import { declareErrors, type ErrorForm, openapi, Problem, unavailable } from '../../src/index.ts';
import { startedProcess } from '../support/process.ts';

const notFound = () => new Problem(404, 'not_found', 'There is no such thing.');
const inConflict = (detail = 'It has changed.') => new Problem(409, 'conflict', detail);
const forbidden = () => new Problem(403, 'forbidden', 'Not you.');

const plainText: ErrorForm = {
  statusOf: ({ statusCode }) => (statusCode === 404 ? 410 : statusCode),
  contentOf: (problems) => ({
    'text/plain': { schema: { type: 'string', examples: problems.map(({ message }) => message) } },
  }),
  descriptions: { 410: 'Gone' },
};

const { app } = await startedProcess(t, [
  async (app) => {
    const options = { title: '', description: '', version: '', securitySchemes: {}, scopes: [], tags: [] };
    await app.register(openapi, { prefix: '/docs', ...options });
    const schema = { response: { 200: Type.Object({}) } };
    app.get('/outside', { schema }, async () => ({}));
    await app.register(async (outer) => {
      declareErrors(outer, { problems: [unavailable, forbidden] });
      outer.get('/outer', { schema, config: { problems: [notFound] } }, async () => ({}));
      outer.get(
        '/described',
        { schema: { response: { ...schema.response, 403: { description: 'Our own', type: 'null' } } } },
        async () => ({}),
      );
      await outer.register(async (inner) => {
        declareErrors(inner, { form: plainText, problems: [() => inConflict()] });
        inner.get(
          '/inner',
          { schema, config: { problems: [notFound, () => inConflict('Late.')] } },
          () => ({}),
        );
      });
    });
  },
]);
const { paths } = (await app.inject('/docs/json')).json();
const statusesOf = (path: string) =>
  Object.keys(paths[path].get.responses).filter((status) => !COMMON.includes(status));
const COMMON = ['200', '400', '406', '415', '417', '429', '500'];

t.test('a route documents its own errors and those of each scope around it', async (t) => {
  t.same(statusesOf('/outside'), []);
  t.same(statusesOf('/outer'), ['403', '404', '503']);
  t.same(statusesOf('/inner'), ['403', '409', '410', '503']);
});

t.test('errors have the form of their scope', async (t) => {
  const { responses } = paths['/inner'].get;
  t.match(responses[410], { description: 'Gone', content: { 'text/plain': { schema: { type: 'string' } } } });
  for (const [status, { content }] of Object.entries<{ content: object }>(responses)) {
    if (status !== '200') t.same(Object.keys(content), ['text/plain'], status);
  }
  t.same(Object.keys(paths['/outer'].get.responses[404].content), ['application/problem+json']);
});

t.test('a route’s own description of a status takes precedence', async (t) => {
  t.equal(paths['/described'].get.responses[403].description, 'Our own');
});

t.test('each document and each request gets an error of its own', async (t) => {
  let made = 0;
  const { app } = await startedProcess(t, [
    async (app) => {
      const options = { title: '', description: '', version: '', securitySchemes: {}, scopes: [], tags: [] };
      await app.register(openapi, { prefix: '/docs', ...options });
      const counted = () => {
        made++;
        return notFound();
      };
      app.get('/', { config: { problems: [counted] } }, async () => {
        throw counted();
      });
    },
  ]);
  t.equal(made, 0);
  await app.inject('/');
  t.equal(made, 1);
  await app.inject('/docs/json');
  t.equal(made, 2);
});
