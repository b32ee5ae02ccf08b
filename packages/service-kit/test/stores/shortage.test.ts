import t from 'tap';
import { shortage } from '../../src/stores/shortage.ts';

const replica = (index: number, state: string, lag: number) =>
  `slave${index}:ip=127.0.0.1,port=${index},state=${state},offset=1,lag=${lag}\r\n`;

t.test('all replicas are needed, until some are missing for five seconds without a break', async (t) => {
  let nowMs = 0;
  const { needed, note } = shortage(2, () => nowMs);
  t.equal(needed(), 2);
  note(1);
  nowMs += 4_000;
  t.equal(needed(), 2, 'not yet');
  note(2);
  note(0);
  nowMs += 4_999;
  t.equal(needed(), 2, 'there was a break');
  nowMs += 1;
  t.equal(needed(), 1, 'one suffices, also if there was none');
  note(1);
  nowMs += 3_600_000;
  t.equal(needed(), 1, 'for as long as it takes');
});

t.test('a shortage ends when all replicas are back, or confirm a write', async (t) => {
  let nowMs = 0;
  const { needed, note, inspect } = shortage(2, () => nowMs);
  const begin = () => {
    note(1);
    nowMs += 5_000;
    t.equal(needed(), 1);
  };
  begin();
  for (const missing of [
    replica(0, 'online', 0),
    replica(0, 'online', 0) + replica(1, 'wait_bgsave', 0),
    replica(0, 'online', 0) + replica(1, 'online', 9),
  ]) {
    inspect(missing);
    t.equal(needed(), 1, missing);
  }
  inspect(`role:master\r\n${replica(0, 'online', 1)}${replica(1, 'online', 0)}`);
  t.equal(needed(), 2);
  begin();
  note(2);
  t.equal(needed(), 2);
});

t.test('another connection begins to count again', async (t) => {
  let nowMs = 0;
  const { needed, note, reset } = shortage(2, () => nowMs);
  note(1);
  nowMs += 4_000;
  reset();
  note(1);
  nowMs += 4_000;
  t.equal(needed(), 2);
});

t.test('INFO of a process that writes nothing begins a shortage too', async (t) => {
  let nowMs = 0;
  const { needed, inspect } = shortage(2, () => nowMs);
  inspect(replica(0, 'online', 0));
  nowMs += 5_000;
  t.equal(needed(), 1);
});
