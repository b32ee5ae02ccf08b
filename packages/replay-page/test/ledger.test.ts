import t from 'tap';
import type { Exchange } from '../src/exchange.ts';
import { createLedger } from '../src/ledger.ts';

/** A ledger, and a function that notes an exchange at the next millisecond. */
function ledgerWith() {
  const ledger = createLedger();
  let now = 0;
  const note = (path: string, status: number, given: Partial<Exchange> = {}) => {
    now += 1;
    return ledger.note({
      party: 'owner',
      method: 'POST',
      path,
      scheme: undefined,
      hasProof: false,
      sent: {},
      status,
      code: undefined,
      detail: undefined,
      got: {},
      sentAt: now,
      at: now,
      ...given,
    });
  };
  const signIn = () => note('/auth/login', 200, { got: { access: 'a1', refresh: 'r1' } });
  const refresh = (token: string, successor?: string, given: Partial<Exchange> = {}) =>
    note('/auth/refresh', successor ? 200 : 401, {
      sent: { refresh: token },
      ...(successor && { got: { access: `a of ${successor}`, refresh: successor } }),
      ...given,
    });
  return { ledger, note, signIn, refresh };
}

t.test('a refresh rotates the token, and a repeat gets the same successor', async (t) => {
  const { ledger, signIn, refresh } = ledgerWith();
  t.equal(signIn(), 'signed-in');
  t.equal(refresh('r1', 'r2'), 'rotated');
  t.equal(refresh('r1', 'r2'), 'repeated');
  t.match(ledger.session(), { newest: 2, isLive: true, rotatedAt: 2 });
  t.equal(ledger.nameOf('refresh', 'r2'), 'refresh 2 …r2');
});

t.test('a refused refresh is reuse if its token is not the newest of the session', async (t) => {
  const { ledger, signIn, refresh } = ledgerWith();
  signIn();
  refresh('r1', 'r2');
  t.equal(refresh('r1'), 'reuse');
  t.match(ledger.session(), { isLive: false, endedAt: 3 });
  t.equal(refresh('r1'), 'over');
  t.equal(refresh('r2'), 'over');
});

t.test('it is reuse also if the other party saw the end before that answer', async (t) => {
  const { signIn, refresh } = ledgerWith();
  signIn();
  refresh('r1', 'r2');
  t.equal(refresh('r2'), 'over');
  t.equal(refresh('r1', undefined, { sentAt: 2.5 }), 'reuse');
});

t.test('a token of an earlier session says nothing about the present one', async (t) => {
  const { ledger, signIn, refresh } = ledgerWith();
  signIn();
  t.equal(refresh('old'), 'over');
  t.ok(ledger.session().isLive);
});

t.test('a refusal of the thief does not end a session that is bound to a key', async (t) => {
  const { ledger, note, refresh } = ledgerWith();
  t.equal(note('/auth/login', 401, { code: 'use_dpop_nonce', hasProof: true }), 'nonce-demanded');
  const got = { access: 'a1', refresh: 'r1' };
  t.equal(note('/auth/login', 200, { hasProof: true, got }), 'signed-in');
  t.equal(refresh('r1', undefined, { party: 'thief' }), 'proof-demanded');
  t.equal(refresh('r1', undefined, { party: 'thief', hasProof: true }), 'wrong-key');
  t.equal(note('/customers', 401, { party: 'thief' }), 'proof-demanded');
  t.match(ledger.session(), { isLive: true, isBound: true });
  note('/auth/logout', 204);
  t.equal(note('/customers', 401, { party: 'thief' }), 'refused');
});

t.test('signing out ends the session; then access tokens are refused', async (t) => {
  const { ledger, note, signIn } = ledgerWith();
  signIn();
  t.equal(note('/customers', 200), 'served');
  t.equal(note('/auth/logout', 204), 'signed-out');
  t.notOk(ledger.session().isLive);
  t.equal(note('/customers', 401), 'refused');
});

t.test('an answer about the load or the stores says nothing about the session', async (t) => {
  const { ledger, note, signIn, refresh } = ledgerWith();
  t.equal(note('/auth/login', 401), 'sign-in-refused');
  t.notOk(ledger.session().isLive);
  signIn();
  for (const status of [0, 429, 500, 503]) t.equal(refresh('r1', undefined, { status }), 'failed');
  t.ok(ledger.session().isLive);
});
