import { mintClaims } from '@pair/test-kit';
import t, { type Test } from 'tap';
import { checkClaims, requireUnexpired, signingKeyId, TokenFault } from '../src/claims.ts';

const EXPECTED = { issuer: 'http://localhost:8080', audience: 'http://localhost:8080' };
const NOT_TEXT = [undefined, null, true, 1, ['a'], {}];
const NOT_SECONDS = [
  undefined,
  null,
  true,
  '1',
  [1],
  {},
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
];

const now = Math.floor(Date.now() / 1_000);
const check = (claims: unknown, at = now) => checkClaims(claims, EXPECTED, at);

function isFault(t: Test, run: () => unknown, name = 'refused') {
  try {
    run();
    t.fail(name);
  } catch (error) {
    t.ok(error instanceof TokenFault, name);
  }
}

t.test('the claims of auth are returned unchanged', async (t) => {
  const claims = mintClaims({ iat: now, exp: now + 600 });
  t.equal(check(claims), claims);
});

t.test('every claim is required, and must have its type', async (t) => {
  for (const [claim, value] of Object.entries(mintClaims())) {
    for (const wrong of typeof value === 'string' ? NOT_TEXT : NOT_SECONDS) {
      isFault(t, () => check(mintClaims({ [claim]: wrong })), `${claim}: ${String(wrong)}`);
    }
  }
  for (const payload of [undefined, null, true, 1, 'sub', [], [mintClaims()], {}, new Map()]) {
    isFault(t, () => check(payload), String(payload));
  }
});

t.test('issuer and audience must match exactly', async (t) => {
  const { issuer } = EXPECTED;
  for (const other of ['https://elsewhere.example', `${issuer}/`, `${issuer} `, issuer.toUpperCase(), '.*']) {
    isFault(t, () => check(mintClaims({ iss: other })), `iss ${other}`);
    isFault(t, () => check(mintClaims({ aud: other })), `aud ${other}`);
  }
});

t.test('a token is valid from 5 s before its iat until its exp', async (t) => {
  const claims = mintClaims({ iat: now, exp: now + 600 });
  isFault(t, () => check(claims, now - 5.001));
  t.ok(check(claims, now - 5));
  t.ok(check(claims, now + 599.999));
  isFault(t, () => check(claims, now + 600));
  isFault(t, () => requireUnexpired(claims, now + 600), 'the check of each request');
});

t.test('the lifetime of a token is 600 s at most', async (t) => {
  t.ok(check(mintClaims({ iat: now - 300, exp: now + 300 })));
  isFault(t, () => check(mintClaims({ iat: now - 300, exp: now + 301 })));
});

t.test('a header must have a valid key id and no critical extension', async (t) => {
  t.equal(signingKeyId({ header: { kid: 'a-Key_1' } }), 'a-Key_1');
  for (const kid of [undefined, null, 1, {}, ['a'], '', 'a b', '../a', 'a\n', 'é', 'k'.repeat(65)]) {
    isFault(t, () => signingKeyId({ header: { kid } }), JSON.stringify(kid));
  }
  for (const crit of [null, [], ['b64'], 'b64', false]) {
    isFault(t, () => signingKeyId({ header: { kid: 'a', crit } }), JSON.stringify(crit));
  }
});
