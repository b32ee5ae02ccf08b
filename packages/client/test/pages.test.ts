import t from 'tap';
import { fakeServer, signedIn } from './support/fake-server.ts';

const PAGES: Record<string, object> = {
  'GET /customers?sort=name': { items: [{ name: 'Ada' }, { name: 'Bob' }], next_cursor: 'one' },
  'GET /customers?sort=name&cursor=one': { items: [], next_cursor: 'two' },
  'GET /customers?sort=name&cursor=two': { items: [{ name: 'Cy' }], next_cursor: null },
  'GET /auth/users?limit=1': { items: [{ username: 'ada' }], next_cursor: 'YWRh' },
  'GET /auth/users?limit=1&cursor=YWRh': { items: [{ username: 'bob' }], next_cursor: null },
};
const server = () =>
  fakeServer(({ operation }) => Response.json(PAGES[operation], { status: PAGES[operation] ? 200 : 400 }), {
    storage: signedIn(),
  });

t.test('the iteration fetches all pages, also an empty one', async (t) => {
  const { client } = server();
  const names: string[] = [];
  for await (const { name } of client.customers.list({ sort: 'name' })) names.push(name);
  t.same(names, ['Ada', 'Bob', 'Cy']);

  const usernames: string[] = [];
  for await (const { username } of client.auth.listUsers({ limit: 1 })) usernames.push(username);
  t.same(usernames, ['ada', 'bob']);
});

t.test('the iteration does not fetch a page before the caller needs it', async (t) => {
  const { client, received } = server();
  for await (const { name } of client.customers.list({ sort: 'name' })) if (name === 'Bob') break;
  t.equal(received.length, 1);
});

t.test('an abort ends the iteration', async (t) => {
  const { client } = server();
  const controller = new AbortController();
  const names: string[] = [];
  const all = async () => {
    for await (const { name } of client.customers.list({ sort: 'name' }, { signal: controller.signal })) {
      names.push(name);
      if (name === 'Bob') controller.abort(new Error('enough'));
    }
  };
  await t.rejects(all(), { message: 'enough' });
  t.same(names, ['Ada', 'Bob']);
});
