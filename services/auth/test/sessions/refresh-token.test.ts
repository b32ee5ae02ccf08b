import { hkdfSync } from 'node:crypto';
import t from 'tap';
import { seal } from '../../src/crypto/seal.ts';
import { keptSuccessor, newSeed, newSession, successorOf } from '../../src/sessions/refresh-token.ts';

t.test('a successor that version 0.2 sealed can be unsealed', async (t) => {
  const one = newSession();
  const secret = Buffer.concat([one.familySecret, one.nonce]);
  const key = hkdfSync('sha256', secret, '', 'successor of a refresh token', 32);
  const sealed = seal(newSeed(), Buffer.from(key), `${one.sid}.3`);
  t.equal(keptSuccessor(one, 3, sealed).nonce.length, 32);
  t.throws(() => keptSuccessor(one, 4, sealed));
});

t.test(
  'a successor is derived from its token alone, and no other token or session leads to it',
  async (t) => {
    const [one, other, seed] = [newSession(), newSession(), newSeed()];
    const { nonce } = successorOf(one, seed);
    t.equal(nonce.length, 32);
    t.same(keptSuccessor(one, 3, seed).nonce, nonce);
    const { sid, familySecret } = other;
    for (const token of [
      { ...one, nonce: other.nonce },
      { ...one, familySecret },
      { ...one, sid },
    ]) {
      t.notSame(successorOf(token, seed).nonce, nonce);
    }
    t.notSame(successorOf(one, newSeed()).nonce, nonce, 'nor another seed');
  },
);

t.test('each seed is another, and a later one leaves it as it is', async (t) => {
  const seeds = Array.from({ length: 1_000 }, newSeed);
  t.equal(new Set(seeds.map(String)).size, 1_000);
});
