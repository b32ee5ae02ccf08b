import t from 'tap';
import { webStorage } from '../src/index.ts';

const tokens = { access_token: 'a', refresh_token: 'r', expires_at: 1, scope: 's' };

t.test('tokens in localStorage are JSON under one key, which a sign-out removes', async (t) => {
  const area = new Map<string, string>();
  const storage = webStorage(areaOf(area), 'my-app');
  t.equal(storage.get(), undefined);
  storage.set(tokens);
  t.same(JSON.parse(area.get('my-app') ?? ''), tokens);
  t.same(webStorage(areaOf(area), 'my-app').get(), tokens);
  t.equal(webStorage(areaOf(area)).get(), undefined);
  storage.set(undefined);
  t.equal(area.size, 0);
});

t.test('any other text under the key counts as no tokens', async (t) => {
  for (const value of ['', '{', 'null', '17', '"text"', '[]', '{}', '{"access_token":"a"}']) {
    t.equal(webStorage(areaOf(new Map([['tokens', value]]))).get(), undefined, value);
  }
});

function areaOf(map: Map<string, string>) {
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}
