import t from 'tap';
import { coalescedReads } from '../../src/customers/coalesced-reads.ts';

/** Reads that end when the test says so; each gives its number. */
function heldReads() {
  const held: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const read = () => new Promise<number>((resolve, reject) => held.push({ resolve, reject }));
  return { held, read };
}
/** Until all that follows from what was resolved has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test(
  'who comes while a read is on its way shares the next one, and nobody has one from before',
  async (t) => {
    const { held, read } = heldReads();
    const shared = coalescedReads();
    const first = shared('a', read);
    const others = [shared('a', read), shared('a', read), shared('a', read)];
    t.equal(held.length, 1);
    held[0]?.resolve(1);
    t.equal(await first, 1);
    await settled();
    t.equal(held.length, 2, 'it starts when the first is over');
    const late = shared('a', read);
    held[1]?.resolve(2);
    t.same(await Promise.all(others), [2, 2, 2]);
    await settled();
    t.equal(held.length, 3, 'who came after it had started has one of their own');
    held[2]?.resolve(3);
    t.equal(await late, 3);
  },
);

t.test('other things are read at the same time', async (t) => {
  const { held, read } = heldReads();
  const shared = coalescedReads();
  const both = [shared('a', read), shared('b', read)];
  t.equal(held.length, 2);
  for (const [index, { resolve }] of held.entries()) resolve(index);
  t.same(await Promise.all(both), [0, 1]);
});

t.test('when a read fails, those who wait fail with it, and the next to come reads anew', async (t) => {
  const { held, read } = heldReads();
  const shared = coalescedReads();
  const all = [shared('a', read), shared('a', read), shared('a', read)];
  const ended = Promise.allSettled(all);
  held[0]?.reject(new Error('away'));
  t.same(
    (await ended).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  t.equal(held.length, 1);
  const next = shared('a', read);
  t.equal(held.length, 2);
  held[1]?.resolve(1);
  t.equal(await next, 1);
});
