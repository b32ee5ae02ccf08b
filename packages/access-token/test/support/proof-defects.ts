import { createHmac } from 'node:crypto';
import { mintProofKey, type ProofKey, type ProofOf } from '@pair/test-kit';
import { base64url } from './jws.ts';

/** A proof that is being made. */
interface Draft {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  key: ProofKey;
  jwk: Record<string, unknown>;
  /** Signs in place of the key. */
  signature?: (input: string) => string;
  /** Changes the text of the proof. */
  text: ((text: string) => string)[];
}

export type Defect = (draft: Draft) => void;

const RSA = { kty: 'RSA', e: 'AQAB', n: 'sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl' };

/** Each makes a right proof wrong, in one property. */
export const DEFECTS: Record<string, Defect> = {
  'no typ': ({ header }) => delete header.typ,
  'typ JWT': ({ header }) => Object.assign(header, { typ: 'JWT' }),
  'typ at+jwt': ({ header }) => Object.assign(header, { typ: 'at+jwt' }),
  'typ in upper case': ({ header }) => Object.assign(header, { typ: 'DPOP+JWT' }),
  'typ a list': ({ header }) => Object.assign(header, { typ: ['dpop+jwt'] }),
  'no alg': ({ header }) => delete header.alg,
  'alg none': ({ header }) => Object.assign(header, { alg: 'none' }),
  'alg none, without a signature': (draft) => {
    draft.header.alg = 'none';
    draft.signature = () => '';
  },
  'alg HS256 with the public key as the secret': (draft) => {
    draft.header.alg = 'HS256';
    draft.signature = (input) =>
      createHmac('sha256', JSON.stringify(draft.jwk)).update(input).digest('base64url');
  },
  'alg HS256': ({ header }) => Object.assign(header, { alg: 'HS256' }),
  'alg ES384': ({ header }) => Object.assign(header, { alg: 'ES384' }),
  'alg RS256': ({ header }) => Object.assign(header, { alg: 'RS256' }),
  'alg EdDSA': ({ header }) => Object.assign(header, { alg: 'EdDSA' }),
  'alg in lower case': ({ header }) => Object.assign(header, { alg: 'es256' }),
  'alg a list': ({ header }) => Object.assign(header, { alg: ['ES256'] }),
  'no jwk': ({ header }) => delete header.jwk,
  'jwk null': ({ header }) => Object.assign(header, { jwk: null }),
  'jwk a list': ({ header }) => Object.assign(header, { jwk: [header.jwk] }),
  'jwk a text': ({ header }) => Object.assign(header, { jwk: JSON.stringify(header.jwk) }),
  'jwk with the private member d': ({ key, jwk }) =>
    Object.assign(jwk, { d: key.privateKey.export({ format: 'jwk' }).d }),
  'jwk with d null': ({ jwk }) => Object.assign(jwk, { d: null }),
  'jwk with a symmetric k': ({ jwk }) => Object.assign(jwk, { k: 'c2VjcmV0' }),
  'a symmetric jwk': ({ header }) => Object.assign(header, { jwk: { kty: 'oct', k: 'c2VjcmV0' } }),
  'jwk of RSA': ({ header }) => Object.assign(header, { jwk: RSA }),
  'jwk of P-384': ({ jwk }) => Object.assign(jwk, { crv: 'P-384' }),
  'jwk of secp256k1': ({ jwk }) => Object.assign(jwk, { crv: 'secp256k1' }),
  'jwk without kty': ({ jwk }) => delete jwk.kty,
  'jwk without crv': ({ jwk }) => delete jwk.crv,
  'jwk without x': ({ jwk }) => delete jwk.x,
  'jwk without y': ({ jwk }) => delete jwk.y,
  'a point off the curve': ({ jwk }) => Object.assign(jwk, { y: 'A'.repeat(43) }),
  'the point at infinity': ({ jwk }) => Object.assign(jwk, { x: 'A'.repeat(43), y: 'A'.repeat(43) }),
  'a coordinate that is too long': ({ jwk }) => Object.assign(jwk, { x: `AA${jwk.x}` }),
  'a coordinate that is too short': ({ jwk }) => Object.assign(jwk, { x: 'AQ' }),
  'a coordinate with padding': ({ jwk }) => Object.assign(jwk, { x: `${jwk.x}=` }),
  'a coordinate that is a number': ({ jwk }) => Object.assign(jwk, { x: 1 }),
  crit: ({ header }) => Object.assign(header, { crit: ['exp'] }),
  'an embedded certificate': ({ header }) => Object.assign(header, { x5c: ['MIIB'] }),
  'the URL of a certificate': ({ header }) => Object.assign(header, { x5u: 'https://evil.example/c' }),
  'the URL of a key set': ({ header }) => Object.assign(header, { jku: 'https://evil.example/jwks' }),
  'signed with another key': (draft) => {
    draft.signature = (input) =>
      mintProofKey()
        .sign(...parts(input))
        .split('.')[2] ?? '';
  },
  'a signature in DER': (draft) => {
    draft.signature = () =>
      'MEUCIQDb7YnRzY5C3k0pEw6ZK0m5Xk3o2m1lq7g5kV0pCw1kLQIgJd1kq8hYp0c3c2m5Yl1bX0u2n6w7r8t9y0a1b2c3d4';
  },
  'a signature of zeros': (draft) => {
    draft.signature = () => 'A'.repeat(86);
  },
  'a signature of 63 bytes': ({ text }) => text.push((proof) => proof.slice(0, -1)),
  'no jti': ({ claims }) => delete claims.jti,
  'jti empty': ({ claims }) => Object.assign(claims, { jti: '' }),
  'jti a number': ({ claims }) => Object.assign(claims, { jti: 7 }),
  'jti of 257 characters': ({ claims }) => Object.assign(claims, { jti: 'j'.repeat(257) }),
  'no htm': ({ claims }) => delete claims.htm,
  'htm of another method': ({ claims }) => Object.assign(claims, { htm: 'DELETE' }),
  'htm in lower case': ({ claims }) => Object.assign(claims, { htm: String(claims.htm).toLowerCase() }),
  'htm a list': ({ claims }) => Object.assign(claims, { htm: [claims.htm] }),
  'no htu': ({ claims }) => delete claims.htu,
  'htu empty': ({ claims }) => Object.assign(claims, { htu: '' }),
  'htu a path': ({ claims }) => Object.assign(claims, { htu: '/customers' }),
  'htu of another host': changeTarget((url) => Object.assign(url, { hostname: 'evil.example' })),
  'htu of another port': changeTarget((url) => Object.assign(url, { port: '9999' })),
  'htu of another scheme': ({ claims }) =>
    Object.assign(claims, { htu: String(claims.htu).replace(/^http/, 'ftp') }),
  'htu of another path': ({ claims }) => Object.assign(claims, { htu: `${claims.htu}/x` }),
  'htu with a slash at the end': ({ claims }) => Object.assign(claims, { htu: `${claims.htu}/` }),
  'htu with an encoded slash': ({ claims }) =>
    Object.assign(claims, { htu: String(claims.htu).replace(/\/([^/]*)$/, '%2F$1') }),
  'htu with the path in upper case': changeTarget((url) =>
    Object.assign(url, { pathname: url.pathname.toUpperCase() }),
  ),
  'htu with a user': changeTarget((url) => Object.assign(url, { username: 'user' })),
  'htu with a backslash': ({ claims }) =>
    Object.assign(claims, { htu: String(claims.htu).replace(/\/([^/]*)$/, '\\$1') }),
  'htu with a tab': ({ claims }) => Object.assign(claims, { htu: `${claims.htu}\t` }),
  'htu in another alphabet': ({ claims }) =>
    Object.assign(claims, { htu: 'http://bücher.example/customers' }),
  'htu a number': ({ claims }) => Object.assign(claims, { htu: 1 }),
  'no iat': ({ claims }) => delete claims.iat,
  'iat a text': ({ claims }) => Object.assign(claims, { iat: String(claims.iat) }),
  'iat null': ({ claims }) => Object.assign(claims, { iat: null }),
  'no ath': ({ claims }) => delete claims.ath,
  'ath of another token': ({ claims }) =>
    Object.assign(claims, { ath: base64url('another').padEnd(43, 'A') }),
  'ath the token itself': ({ claims }) => Object.assign(claims, { ath: 'the token' }),
  'ath with padding': ({ claims }) => Object.assign(claims, { ath: `${claims.ath}=` }),
  'ath a number': ({ claims }) => Object.assign(claims, { ath: 1 }),
  'nonce a number': ({ claims }) => Object.assign(claims, { nonce: 1 }),
  'nonce a list': ({ claims }) => Object.assign(claims, { nonce: [claims.nonce] }),
  empty: ({ text }) => text.push(() => ''),
  'a text that is no JWS': ({ text }) => text.push(() => 'proof'),
  'two parts': ({ text }) => text.push((proof) => proof.split('.').slice(0, 2).join('.')),
  'four parts': ({ text }) => text.push((proof) => `${proof}.${proof.split('.')[0]}`),
  'padding in a part': ({ text }) => text.push((proof) => proof.replace('.', '=.')),
  'too long': ({ claims }) => Object.assign(claims, { more: 'm'.repeat(4_096) }),
  'two proofs with a comma': ({ text }) => text.push((proof) => `${proof}, ${proof}`),
  'a header that is no JSON': ({ text }) =>
    text.push((proof) => proof.replace(/^[^.]+/, base64url('{"typ":"dpop+jwt"'))),
  'claims that are no object': ({ text }) =>
    text.push((proof) => proof.replace(/\.[^.]+\./, `.${base64url('[]')}.`)),
};

/** Makes a proof with these defects, and no other. */
export function defectiveProof(request: ProofOf, defects: Defect[], key = mintProofKey()): string {
  const { header, claims } = key.draft(request);
  const jwk = { ...key.jwk };
  const draft: Draft = { header: { ...header, jwk }, claims, key, jwk, text: [] };
  for (const defect of defects) defect(draft);
  let proof = key.sign(draft.header, draft.claims);
  if (draft.signature !== undefined) {
    const input = proof.split('.').slice(0, 2).join('.');
    proof = `${input}.${draft.signature(input)}`;
  }
  return draft.text.reduce((text, change) => change(text), proof);
}

function changeTarget(change: (url: URL) => void): Defect {
  return ({ claims }) => {
    const url = String(claims.htu);
    if (!URL.canParse(url)) return;
    const changed = new URL(url);
    change(changed);
    claims.htu = changed.href;
  };
}

function parts(input: string): [header: string, claims: string] {
  const [header = '', claims = ''] = input
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString());
  return [header, claims];
}
