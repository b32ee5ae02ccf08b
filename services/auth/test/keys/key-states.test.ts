import t from 'tap';
import { type KeyState, keyStates } from '../../src/keys/key-states.ts';

/** Times in seconds. */
function key(activeFrom: number, revokedAt?: number) {
  return {
    activeFrom: new Date(activeFrom * 1_000),
    revokedAt: revokedAt === undefined ? null : new Date(revokedAt * 1_000),
  };
}

const statesAt = (seconds: number, ...keys: ReturnType<typeof key>[]) => keyStates(keys, seconds * 1_000);

t.test('one key is active from its activeFrom on, and later keys are next', async (t) => {
  const keys = [key(1_000), key(5_000), key(9_000)];
  const expected: [seconds: number, states: KeyState[]][] = [
    [1_000, ['active', 'next', 'next']],
    [4_999.999, ['active', 'next', 'next']],
    [5_000, ['retiring', 'active', 'next']],
    [5_664.999, ['retiring', 'active', 'next']],
    [5_665, ['gone', 'active', 'next']],
    [9_000, ['gone', 'retiring', 'active']],
  ];
  for (const [seconds, states] of expected) t.same(statesAt(seconds, ...keys), states, `${seconds} s`);
});

t.test('the first key is active even for a clock that is behind', async (t) => {
  t.same(statesAt(999, key(1_000), key(5_000)), ['active', 'next']);
});

t.test('a revoked key is gone', async (t) => {
  t.same(statesAt(2_000, key(1_000), key(5_000, 1_500)), ['active', 'gone'], 'a revoked next key');
  t.same(statesAt(5_100, key(1_000, 5_050), key(5_000)), ['gone', 'active'], 'a revoked retiring key');
});

t.test('the next key replaces a revoked active key, before its activeFrom', async (t) => {
  t.same(statesAt(2_000, key(1_000, 1_500), key(5_000), key(9_000)), ['gone', 'active', 'next']);
});

t.test('a key that was active before never replaces a revoked active key', async (t) => {
  t.same(statesAt(5_100, key(1_000), key(5_000, 5_050), key(9_000)), ['retiring', 'gone', 'active']);
  t.same(
    statesAt(5_100, key(1_000), key(5_000, 5_050)),
    ['retiring', 'gone'],
    'not even if there is no other key',
  );
});

t.test('the activeFrom of a next key that was revoked changes no state', async (t) => {
  t.same(statesAt(5_100, key(1_000), key(5_000, 1_500), key(9_000)), ['active', 'gone', 'next']);
});

t.test('without keys there are no states', async (t) => {
  t.same(statesAt(1_000), []);
  t.same(statesAt(1_000, key(500, 600)), ['gone']);
});
