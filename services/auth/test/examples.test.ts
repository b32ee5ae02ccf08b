import { exampleFaults } from '@pair/test-kit';
import t from 'tap';
import { startAuth } from './auth-under-test.ts';

const { app } = await startAuth(t);

t.test('every example in the document is one that its schema accepts', async (t) => {
  const { checked, faults } = exampleFaults((await app.inject('/docs/auth/json')).json());
  t.ok(checked > 10, `${checked} examples`);
  t.same(faults, []);
});
