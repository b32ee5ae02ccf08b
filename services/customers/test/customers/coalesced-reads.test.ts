import t from 'tap';
import { coalescedReads } from '../../src/customers/coalesced-reads.ts';

/** Reads that the test ends, each with a number of its choice. */
function heldReads() {
  const held: { resolve(value: number): void; reject(error: Error): void }[] = [];
  const read = () => new Promise<number>((resolve, reject) => held.push({ resolve, reject }));
  return { held, read };
}
/** Waits for all callbacks of the settled promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('calls during a read share the next read, so that no call gets an older answer', async (t) => {
  const { held, read } = heldReads();
  const shared = coalescedReads();
  const first = shared('a', read);
  const others = [shared('a', read), shared('a', read), shared('a', read)];
  t.equal(held.length, 1);
  held[0]?.resolve(1);
  t.equal(await first, 1);
  await settled();
  t.equal(held.length, 2, 'the next read starts when the first ends');
  const late = shared('a', read);
  held[1]?.resolve(2);
  t.same(await Promise.all(others), [2, 2, 2]);
  await settled();
  t.equal(held.length, 3, 'a call after its start gets another read');
  held[2]?.resolve(3);
  t.equal(await late, 3);
});

t.test('reads with different keys run at the same time', async (t) => {
  const { held, read } = heldReads();
  const shared = coalescedReads();
  const both = [shared('a', read), shared('b', read)];
  t.equal(held.length, 2);
  for (const [index, { resolve }] of held.entries()) resolve(index);
  t.same(await Promise.all(both), [0, 1]);
});

t.test('when a read fails, the waiting calls fail too, and the next call reads again', async (t) => {
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
