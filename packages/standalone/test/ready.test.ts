import { t } from 'tap';
import { whenReady } from '../src/ready.ts';

t.test('whenReady waits for every part, and reports the reasons once after its limit', async (t) => {
  let rounds = 0;
  const checkReadiness = async () => {
    rounds += 1;
    const isBack = rounds > 4;
    return [
      { service: 'auth', part: 'PostgreSQL', failure: undefined },
      { service: 'auth', part: 'Redis', failure: isBack ? undefined : 'no answer in time' },
      { service: 'customers', part: 'keys', failure: isBack ? undefined : 'connect ECONNREFUSED' },
    ];
  };
  const lines: string[] = [];
  await whenReady({ checkReadiness }, (line) => lines.push(line), 60);
  t.equal(rounds, 5);
  t.strictSame(lines, [
    'not ready after 0 s, and still trying: auth waits for Redis (no answer in time), customers waits for keys (connect ECONNREFUSED)',
  ]);
});

t.test('whenReady reports nothing about a wait within its limit', async (t) => {
  let rounds = 0;
  const checkReadiness = async () => {
    rounds += 1;
    return [{ service: 'auth', part: 'Redis', failure: rounds > 2 ? undefined : 'no answer in time' }];
  };
  await whenReady({ checkReadiness }, t.fail);
  t.equal(rounds, 3);
});
