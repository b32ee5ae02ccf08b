import { createHmac, hash, hkdfSync, randomBytes, randomFillSync } from 'node:crypto';
import { unseal } from '../crypto/seal.ts';

const PREFIX = 'rt_';
const SID_BYTES = 16;
const FAMILY_SECRET_BYTES = 32;
const NONCE_BYTES = 32;
const SEED_BYTES = 32;
const TOKEN_BYTES = SID_BYTES + FAMILY_SECRET_BYTES + NONCE_BYTES;
/** Canonical base64url of 80 bytes. */
const PATTERN = /^rt_[A-Za-z0-9_-]{106}[AEIMQUYcgkosw048]$/;

/**
 * The content of a refresh token: the session, the secret that all tokens of the session share, and the nonce that only
 * the newest token has. Clients see an opaque string.
 */
export interface RefreshToken {
  /** base64url, as in the `sid` claim. */
  sid: string;
  familySecret: Buffer;
  nonce: Buffer;
}

export function newSid(): string {
  return randomBytes(SID_BYTES).toString('base64url');
}

/** Makes the first token of a session. */
export function newSession(sid = newSid()): RefreshToken {
  return {
    sid,
    familySecret: randomBytes(FAMILY_SECRET_BYTES),
    nonce: randomBytes(NONCE_BYTES),
  };
}

export function encodeRefreshToken({ sid, familySecret, nonce }: RefreshToken): string {
  return PREFIX + Buffer.concat([Buffer.from(sid, 'base64url'), familySecret, nonce]).toString('base64url');
}

/** Returns undefined for a text that `encodeRefreshToken` cannot have made: each token has one spelling. */
export function decodeRefreshToken(text: string): RefreshToken | undefined {
  if (!PATTERN.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return {
    sid: bytes.subarray(0, SID_BYTES).toString('base64url'),
    familySecret: bytes.subarray(SID_BYTES, SID_BYTES + FAMILY_SECRET_BYTES),
    nonce: bytes.subarray(SID_BYTES + FAMILY_SECRET_BYTES, TOKEN_BYTES),
  };
}

/** Redis keeps this hash in place of a secret. The secrets are random and long, so a fast hash is enough. */
export function sha256(secret: Buffer | string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Random bytes for the next seeds: to ask OpenSSL for each seed takes 6 % of the CPU time of a refresh. */
const seeds = Buffer.alloc(128 * SEED_BYTES);
let usedBytes = seeds.length;

/** Makes a seed for {@link successorOf}. */
export function newSeed(): Buffer {
  if (usedBytes === seeds.length) {
    randomFillSync(seeds);
    usedBytes = 0;
  }
  usedBytes += SEED_BYTES;
  return Buffer.from(seeds.subarray(usedBytes - SEED_BYTES, usedBytes));
}

/**
 * Derives the successor of a token from a random seed, with HMAC-SHA256 (RFC 2104) under the two secrets of the token. So
 * only the holder of the token can derive it. Redis keeps the seed for the case that the answer is lost, and a reader of
 * Redis, its file or a copy of either learns nothing from it.
 */
export function successorOf(token: RefreshToken, seed: Buffer): RefreshToken {
  const nonce = createHmac('sha256', secretsOf(token)).update(token.sid).update(seed).digest();
  return { ...token, nonce };
}

/**
 * Returns the successor of `token` from what Redis keeps of it.
 *
 * @param generation the generation of `token`
 */
export function keptSuccessor(token: RefreshToken, generation: number, kept: Buffer): RefreshToken {
  return kept.length === SEED_BYTES ? successorOf(token, kept) : sealedSuccessor(token, generation, kept);
}

/** Version 0.2 and older sealed a random nonce. Such a successor matters for one replay window after an upgrade. */
function sealedSuccessor(token: RefreshToken, generation: number, sealed: Buffer): RefreshToken {
  const key = hkdfSync('sha256', secretsOf(token), '', 'successor of a refresh token', 32);
  const nonce = unseal(sealed, [Buffer.from(key)], `${token.sid}.${generation}`);
  if (nonce === undefined) throw new Error('the sealed successor of a refresh token cannot be unsealed');
  return { ...token, nonce };
}

function secretsOf({ familySecret, nonce }: RefreshToken): Buffer {
  return Buffer.concat([familySecret, nonce]);
}
