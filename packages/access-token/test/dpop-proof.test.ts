import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mintProofKey } from '@pair/test-kit';
import { calculateJwkThumbprint } from 'jose';
import t from 'tap';
import { derSignature } from '../src/dpop/der-signature.ts';
import { nonceMemory } from '../src/dpop/nonces.ts';
import { MAX_KEYS, ProofFault, proofChecker, thumbprint } from '../src/dpop/proof.ts';
import { targetOf } from '../src/dpop/target.ts';
import { DEFECTS, defectiveProof } from './support/proof-defects.ts';

const REQUEST = { method: 'GET', url: 'http://localhost:8080/customers', accessToken: 'the token' };
const key = mintProofKey();

/** RFC 9449 §4.1 and §7.1, and §4.2 of the thumbprint in §6.1. */
const KEY_OF_RFC = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const HEADER_OF_RFC =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
const AT_TOKEN_ENDPOINT = `${HEADER_OF_RFC}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
const AT_RESOURCE = `${HEADER_OF_RFC}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;

t.test('the proofs of RFC 9449 are right, and their key has the thumbprint of the RFC', async (t) => {
  const check = proofChecker();
  t.strictSame(check(AT_TOKEN_ENDPOINT, { method: 'POST', url: 'https://server.example.com/token' }), {
    jkt: KEY_OF_RFC,
    jti: '-BwC3ESc6acc2lTc',
    nonce: undefined,
  });
  const { jkt } = check(AT_RESOURCE, {
    method: 'GET',
    url: 'https://resource.example.org/protectedresource',
    accessToken: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  });
  t.equal(jkt, KEY_OF_RFC);
});

t.test('a thumbprint is that of jose (RFC 7638)', async (t) => {
  for (let i = 0; i < 20; i++) {
    const { jwk } = mintProofKey();
    t.equal(thumbprint({ ...jwk, kty: 'EC', crv: 'P-256' }), await calculateJwkThumbprint(jwk));
  }
});

t.test('a signature in DER has the same numbers, whatever bytes they begin with', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  const firstBytes = new Set<number>();
  for (let i = 0; i < 2_000; i++) {
    const data = Buffer.from(`text ${i}`);
    const signature = sign('sha256', data, key);
    firstBytes.add(signature[0] as number).add(signature[32] as number);
    if (!verify('sha256', data, publicKey, derSignature(signature))) t.fail(signature.toString('hex'));
  }
  t.ok(firstBytes.has(0) && firstBytes.has(0x80));
  const numbers = (r: string, s: string) =>
    derSignature(Buffer.from(r.padStart(64, '0') + s.padStart(64, '0'), 'hex')).toString('hex');
  t.equal(numbers('', '7f'), '300602010002017f');
  t.equal(numbers('80', 'ff'.repeat(32)), `302702020080022100${'ff'.repeat(32)}`);
});

t.test('a proof is right for one request, with its key, jti and nonce', async (t) => {
  const check = proofChecker();
  const proof = key.prove({ ...REQUEST, nonce: 'a nonce' }, { jti: 'an id', iat: 0 });
  t.strictSame(check(proof, REQUEST), {
    jkt: await calculateJwkThumbprint(key.jwk),
    jti: 'an id',
    nonce: 'a nonce',
  });
  t.throws(() => check(proof, { ...REQUEST, method: 'POST' }), {
    message: 'The proof is for another method.',
  });
  t.throws(() => check(proof, { ...REQUEST, url: 'http://localhost:8080/customers/1' }), {
    message: 'The proof is for another URL.',
  });
  t.throws(() => check(proof, { ...REQUEST, accessToken: 'another token' }), {
    message: 'The proof is for another access token.',
  });
  t.ok(check(key.prove({ method: 'GET', url: REQUEST.url }), { method: 'GET', url: REQUEST.url }));
});

t.test('two spellings of one URL are the same target, and two URLs are not (RFC 3986 §6.2)', async (t) => {
  const same = [
    'http://localhost/customers',
    'HTTP://LOCALHOST/customers',
    'http://localhost:80/customers',
    'http://localhost/customers?n=5#top',
    'http://localhost/x/../customers',
    'http://localhost/%63ustomer%73',
  ];
  for (const url of same) t.equal(targetOf(url), 'http://localhost/customers', url);
  t.equal(targetOf('http://localhost/a%2fb'), 'http://localhost/a%2Fb');
  t.not(targetOf('http://localhost/a%2fb'), targetOf('http://localhost/a/b'));
  t.not(targetOf('https://localhost/customers'), targetOf(same[0] ?? ''));
});

t.test('no proof with a defect, or with two, gets in; each is the fault of the proof', async (t) => {
  const check = proofChecker();
  const names = Object.keys(DEFECTS);
  const combinations = names.flatMap((first, i) => [
    [first],
    ...names.slice(i + 1).map((second) => [first, second]),
  ]);
  const accepted: string[] = [];
  const failed: string[] = [];
  for (const combination of combinations) {
    const name = combination.join(', ');
    try {
      const defects = combination.flatMap((each) => DEFECTS[each] ?? []);
      check(defectiveProof({ ...REQUEST, nonce: 'a nonce' }, defects, key), REQUEST);
      accepted.push(name);
    } catch (error) {
      if (!(error instanceof ProofFault)) failed.push(`${name}: ${error}`);
    }
  }
  t.strictSame(accepted, []);
  t.strictSame(failed, []);
  t.ok(combinations.length >= 2_000, `${combinations.length} proofs`);
  t.comment(`${combinations.length} proofs`);
});

t.test('the keys of right proofs alone are remembered, and their number is bounded', async (t) => {
  const check = proofChecker();
  const { header, claims } = key.draft(REQUEST);
  const forged = `${key.sign(header, claims).slice(0, -86)}${'A'.repeat(86)}`;
  t.throws(() => check(forged, REQUEST), { message: 'The signature of the proof is wrong.' });
  const long = key.sign({ ...header, more: 'm'.repeat(1_024) }, claims);
  t.throws(() => check(long, REQUEST), { message: 'The proof is malformed.' });
  t.equal(check.keys, 0);
  // the text of a header is what a client repeats, so other texts stand for other clients
  for (let i = 0; i < MAX_KEYS + 10; i++) check(key.sign({ ...header, more: i }, claims), REQUEST);
  t.equal(check.keys, MAX_KEYS);
});

t.test('nonces that are read again leave the newest one, and live no longer', async (t) => {
  let nowMs = 0;
  const start = Date.now();
  t.intercept(Date, 'now', { value: () => start + nowMs });
  const nonces = nonceMemory(() => nowMs);
  const made = { A: 0, B: 60_000, C: 120_000 };
  for (const [nonce, atMs] of Object.entries(made)) {
    nowMs = atMs;
    nonces.note(nonce, (start + atMs) / 1_000 + 120);
  }
  nowMs = 122_000;
  for (const [nonce, atMs] of Object.entries(made)) nonces.note(nonce, (start + atMs) / 1_000 + 120);
  t.equal(nonces.newest(), 'C');
  t.equal(nonces.ageSeconds() > 100, false);
  nowMs = 130_000;
  t.equal(nonces.newest(), 'C');
  t.notOk(nonces.accepts('A'));
  nowMs = 181_000;
  t.notOk(nonces.accepts('B'));
  t.ok(nonces.accepts('C'));
});

t.test(
  'a nonce that is read again after its end stays over, also if the clock of the process is behind',
  async (t) => {
    let nowMs = 0;
    const start = Date.now();
    t.intercept(Date, 'now', { value: () => start + nowMs - 150_000 });
    const nonces = nonceMemory(() => nowMs);
    const note = () => nonces.note('A', start / 1_000 + 120);
    note();
    nowMs = 121_000;
    t.notOk(nonces.accepts('A'));
    nonces.note('B', (start + nowMs) / 1_000 + 120);
    note();
    t.notOk(nonces.accepts('A'));
  },
);

t.test('a client gets a new nonce when every process knows it, and the one before until then', async (t) => {
  let nowMs = 0;
  const start = Date.now();
  const nonces = nonceMemory(() => nowMs);
  const note = (nonce: string) => nonces.note(nonce, start / 1_000 + 120);
  note('A');
  note('B');
  t.equal(nonces.newest(), 'B', 'a process that starts has no nonce that it has known for long');
  nowMs = 60_000;
  note('C');
  t.ok(nonces.accepts('C'));
  t.equal(nonces.newest(), 'B');
  nowMs = 61_000;
  t.equal(nonces.newest(), 'C');
  nowMs = 181_000;
  note('D');
  t.equal(nonces.newest(), 'D', 'the one before has ended');
});

t.test('a nonce ends by the time of day too, because a suspended machine does not count', async (t) => {
  let aheadMs = 0;
  const start = Date.now();
  t.intercept(Date, 'now', { value: () => start + aheadMs });
  const nonces = nonceMemory(() => 0);
  nonces.note('before', start / 1_000 + 120);
  t.ok(nonces.accepts('before'));
  aheadMs = 126_000;
  t.notOk(nonces.accepts('before'));
});
