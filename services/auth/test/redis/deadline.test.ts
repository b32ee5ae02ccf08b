import { unavailable } from '@pair/service-kit';
import { ReplyError } from 'ioredis';
import t from 'tap';
import { wasSent } from '../../src/redis/deadline.ts';

t.test('only a script whose answer is missing counts as sent', async (t) => {
  t.ok(wasSent(new Error('Connection is closed.')));
  t.ok(wasSent(new Error('Command timed out')));
  for (const error of [
    new ReplyError('LATE the caller has given up'),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    unavailable(new Error('Redis has not been reached yet')),
  ])
    t.notOk(wasSent(error), error.message);
});
