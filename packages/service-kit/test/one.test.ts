import t from 'tap';
import { one } from '../src/index.ts';
t.test('one is one', async (t) => {
  t.equal(one, 1);
});
