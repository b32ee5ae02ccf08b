import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'rt_';
const SID_BYTES = 16;
const FAMILY_SECRET_BYTES = 32;
const NONCE_BYTES = 32;
const TOKEN_BYTES = SID_BYTES + FAMILY_SECRET_BYTES + NONCE_BYTES;
/** Canonical base64url of 80 bytes. */
const PATTERN = /^rt_[A-Za-z0-9_-]{106}[AEIMQUYcgkosw048]$/;

/**
 * What is inside a refresh token: which session, the secret that all tokens of the session share, and the nonce
 * that only the newest one has. Clients see an opaque string.
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

/** The first token of a session. */
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

/** Undefined for anything that `encodeRefreshToken` cannot have made: one token has one spelling. */
export function decodeRefreshToken(text: string): RefreshToken | undefined {
  if (!PATTERN.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return {
    sid: bytes.subarray(0, SID_BYTES).toString('base64url'),
    familySecret: bytes.subarray(SID_BYTES, SID_BYTES + FAMILY_SECRET_BYTES),
    nonce: bytes.subarray(SID_BYTES + FAMILY_SECRET_BYTES, TOKEN_BYTES),
  };
}

/** What Redis keeps in place of a secret. The secrets are random and long, so a fast hash is the right one. */
export function sha256(secret: Buffer | string): Buffer {
  return createHash('sha256').update(secret).digest();
}
