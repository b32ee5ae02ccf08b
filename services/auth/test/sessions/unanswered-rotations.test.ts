import t from 'tap';
import { unansweredRotations } from '../../src/sessions/unanswered-rotations.ts';

t.test('at most ten thousand rotations are remembered, until Redis answers', async (t) => {
  let isAway = true;
  const reopened = new Set<string>();
  const unanswered = unansweredRotations(async (sid) => {
    if (isAway) throw new Error('away');
    reopened.add(sid);
  });
  t.teardown(unanswered.stop);
  for (let i = 0; i < 11_000; i++) unanswered.add(`${i}`, Buffer.alloc(32, i));
  await new Promise((resolve) => setTimeout(resolve, 150));
  isAway = false;
  while (reopened.size < 10_000) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.equal(reopened.size, 10_000);
});
