import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { derSignature } from './der-signature.ts';
import { targetOf } from './target.ts';

/** The signing algorithm of a proof: `dpop_signing_alg_values_supported` (RFC 9449 §5.1). */
export const PROOF_ALGORITHM = 'ES256';

/** A proof has about 500 bytes beside its `htu`. Checked before any work. */
const MAX_PROOF_LENGTH = 4_096;
/** A public key of P-256 needs about 250 characters. */
const MAX_HEADER_LENGTH = 1_024;
/** A key takes about 3 kB of memory. A forgotten key is imported again. */
export const MAX_KEYS = 5_000;
/** The compact form (RFC 7515 §7.1) with a signature of 64 bytes, whose last four bits must be zeros. */
const ES256_JWS = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{85}[AQgw])$/;

/** 32 bytes in base64url; the last two bits carry no data, and must be zeros. */
const Coordinate = Type.String({ pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$' });
/** Members of a private or a symmetric key (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** Header parameters that name a key elsewhere, or that must be understood (RFC 7515 §4.1). */
const REFUSED_PARAMETERS = ['crit', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'];

const ProofHeader = Type.Object({
  typ: Type.String(),
  alg: Type.String(),
  jwk: Type.Record(Type.String(), Type.Unknown()),
});
const PublicKey = Type.Object({
  kty: Type.Literal('EC'),
  crv: Type.Literal('P-256'),
  x: Coordinate,
  y: Coordinate,
});
/** RFC 9449 §4.2. The nonce of the server is the clock, so `iat` is not compared with a clock (§11.1). */
const ProofClaims = Type.Object({
  jti: Type.String({ minLength: 1, maxLength: 256 }),
  htm: Type.String(),
  htu: Type.String(),
  iat: Type.Number(),
  ath: Type.Optional(Type.String()),
  nonce: Type.Optional(Type.String()),
});
type ProofClaims = Static<typeof ProofClaims>;

/** The reason why a proof is refused: the description of `invalid_dpop_proof`. Reveals no secret, and no text of the request. */
export class ProofFault extends Error {}

/** The request that a proof must be for. */
export interface ProvenRequest {
  method: string;
  /** The public URL of the request, without query and fragment. */
  url: string;
  /** The access token of the request, at a resource. */
  accessToken?: string | undefined;
}

export interface Proof {
  /** The thumbprint of the key (RFC 7638), with which `cnf.jkt` binds a token. */
  jkt: string;
  jti: string;
  nonce: string | undefined;
}

/** Checks all of a proof that needs no store (RFC 9449 §4.3), and returns what the other checks need. */
export type CheckProof = (text: string, request: ProvenRequest) => Proof;

interface ProofKey {
  jkt: string;
  key: KeyObject;
}

/** Remembers the keys of proofs, because a client signs all of its proofs with the same one. */
export function proofChecker(): CheckProof & { /** The number of remembered keys. */ readonly keys: number } {
  const keys = new LRUCache<string, ProofKey>({ max: MAX_KEYS });

  function check(text: string, request: ProvenRequest): Proof {
    const [header, payload, signature] = requireForm(text);
    // the header is the same text in all proofs of a client; its hash does not keep the whole proof in memory
    const name = sha256(header);
    const known = keys.get(name);
    const proofKey = known ?? readKey(header);
    const { key, jkt } = proofKey;
    requireSignature(key, `${header}.${payload}`, signature);
    if (known === undefined) keys.set(name, proofKey); // not before: a stranger needs a signature for each entry
    const claims = readClaims(payload);
    requireMethod(claims, request.method);
    requireTarget(claims, request.url);
    if (request.accessToken !== undefined) requireTokenHash(claims, request.accessToken);
    return { jkt, jti: claims.jti, nonce: claims.nonce };
  }

  return Object.defineProperty(check, 'keys', { get: () => keys.size }) as ReturnType<typeof proofChecker>;
}

/** @throws {ProofFault} */
function requireForm(text: string): [header: string, payload: string, signature: string] {
  const parts = text.length > MAX_PROOF_LENGTH ? null : ES256_JWS.exec(text);
  if (parts === null) throw new ProofFault('The proof is malformed.');
  const [, header = '', payload = '', signature = ''] = parts;
  if (header.length > MAX_HEADER_LENGTH) throw new ProofFault('The proof is malformed.');
  return [header, payload, signature];
}

/** Checks `typ`, `alg` and `jwk`, in this order. */
function readKey(text: string): ProofKey {
  const header = decode(text, headerShape);
  for (const name of REFUSED_PARAMETERS) {
    if (name in header) throw new ProofFault('The proof has a header parameter that is not allowed.');
  }
  if (header.typ !== 'dpop+jwt') throw new ProofFault('The type of the proof is not dpop+jwt.');
  if (header.alg !== PROOF_ALGORITHM)
    throw new ProofFault(`The algorithm of the proof is not ${PROOF_ALGORITHM}.`);
  const { jwk } = header;
  for (const name of PRIVATE_MEMBERS) {
    if (name in jwk) throw new ProofFault('The proof has a key that is not public.');
  }
  if (!keyShape.Check(jwk)) throw new ProofFault('The key of the proof is no public key of P-256.');
  const { kty, crv, x, y } = jwk;
  return { jkt: thumbprint(jwk), key: importKey({ kty, crv, x, y }) };
}

/** Refuses a point that is not on the curve. */
function importKey(jwk: { kty: string; crv: string; x: string; y: string }): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new ProofFault('The key of the proof is not on its curve.');
  }
}

/** RFC 7638 §3.2: the required members of an EC key, in this order. */
export function thumbprint({ crv, kty, x, y }: Static<typeof PublicKey>): string {
  return sha256(JSON.stringify({ crv, kty, x, y }));
}

function requireSignature(key: KeyObject, signed: string, signature: string): void {
  const isRight = verify(
    'sha256',
    Buffer.from(signed),
    key,
    derSignature(Buffer.from(signature, 'base64url')),
  );
  if (!isRight) throw new ProofFault('The signature of the proof is wrong.');
}

function readClaims(text: string): ProofClaims {
  return decode(text, claimsShape);
}

function requireMethod({ htm }: ProofClaims, method: string): void {
  if (htm !== method) throw new ProofFault('The proof is for another method.');
}

/** §4.3: without query and fragment, after normalization. */
function requireTarget({ htu }: ProofClaims, url: string): void {
  if (htu === url) return;
  const target = targetOf(htu);
  if (target === undefined || target !== targetOf(url)) throw new ProofFault('The proof is for another URL.');
}

function requireTokenHash({ ath }: ProofClaims, accessToken: string): void {
  if (ath !== sha256(accessToken)) throw new ProofFault('The proof is for another access token.');
}

const headerShape = Compile(ProofHeader);
const keyShape = Compile(PublicKey);
const claimsShape = Compile(ProofClaims);

/** Reads a part of a JWS: an object of this shape. */
function decode<T>(part: string, shape: { Check(value: unknown): value is T }): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    throw new ProofFault('The proof is malformed.');
  }
  if (!shape.Check(value)) throw new ProofFault('The proof lacks a member, or has one of a wrong type.');
  return value;
}

export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
