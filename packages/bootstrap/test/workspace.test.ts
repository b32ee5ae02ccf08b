import { t } from 'tap';
import { isAtLeast } from '../src/workspace.mjs';

t.test('versions are compared by their numbers', async (t) => {
  for (const [version, floor] of [
    ['20.19.0', '20.19'],
    ['20.20.1', '20.19'],
    ['24.0.0', '20.19'],
    ['7.0.15', '7.0'],
    ['7.0', '7.0.0'],
    ['10.2.8', '9.9.9'],
  ] as const) {
    t.ok(isAtLeast(version, floor), `${version} is at least ${floor}`);
  }
  for (const [version, floor] of [
    ['18.20.4', '20.19'],
    ['20.9.0', '20.19'],
    ['6.2.7', '7.0'],
    ['7.0', '7.0.1'],
  ] as const) {
    t.notOk(isAtLeast(version, floor), `${version} is older than ${floor}`);
  }
});
