import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from '../crypto/seal.ts';

const PREFIX = 'rt_';
const SID_BYTES = 16;
const FAMILY_SECRET_BYTES = 32;
const NONCE_BYTES = 32;
const SEAL_KEY_BYTES = 32;
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

export function successorOf(token: RefreshToken): RefreshToken {
  return { ...token, nonce: randomBytes(NONCE_BYTES) };
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
  return createHash('sha256').update(secret).digest();
}

/**
 * Seals the nonce of a token's successor: only the holder of the token itself can unseal it, because the key comes from
 * the nonce that this token alone has. Redis keeps the sealed nonce for the case that the answer is lost, and a reader of
 * Redis, its file or a copy of either learns nothing from it.
 */
export function sealSuccessor(token: RefreshToken, successor: RefreshToken): Buffer {
  return seal(successor.nonce, keyFrom(token), token.sid);
}

/**
 * Unseals the successor of `token`.
 *
 * @param generation the generation of `token`: version 0.2 and older bound the sealed nonce to it
 */
export function unsealSuccessor(token: RefreshToken, generation: number, sealed: Buffer): RefreshToken {
  const keys = [keyFrom(token)];
  const nonce = unseal(sealed, keys, token.sid) ?? unseal(sealed, keys, `${token.sid}.${generation}`);
  if (nonce === undefined) throw new Error('the sealed successor of a refresh token cannot be unsealed');
  return { ...token, nonce };
}

/** Derives the key from the two secrets in the token, with HKDF-SHA256 (RFC 5869). */
export function keyFrom({ familySecret, nonce }: RefreshToken): Buffer {
  const secret = Buffer.concat([familySecret, nonce]);
  return Buffer.from(hkdfSync('sha256', secret, '', 'successor of a refresh token', SEAL_KEY_BYTES));
}
