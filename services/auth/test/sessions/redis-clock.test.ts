import { EventEmitter } from 'node:events';
import { waitFor } from '@pair/test-kit';
import type { Redis } from 'ioredis';
import t from 'tap';
import { redisClock } from '../../src/redis/clock.ts';

t.test('a clock whose first measurements fail is soon measured again', async (t) => {
  let attempts = 0;
  const redis = Object.assign(new EventEmitter(), {
    options: { Connector: class {} },
    async time() {
      attempts += 1;
      if (attempts <= 2) throw new Error('Command timed out');
      return [1_000, 500_000];
    },
  });
  const clock = redisClock(redis as unknown as Redis);
  t.teardown(clock.stop);
  t.throws(() => clock.now(), { message: /temporarily unavailable/ });
  redis.emit('ready');
  await waitFor(clock.now, 2_000);
  t.ok(clock.now() >= 1_000_500 && clock.now() < 1_010_000);

  redis.emit('close');
  t.throws(() => clock.now(), { message: /temporarily unavailable/ }, 'another server has another clock');
  redis.emit('ready');
  await waitFor(clock.now, 2_000);
});
