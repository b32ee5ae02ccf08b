import { randomBytes } from 'node:crypto';
import { newSid } from './refresh-token.ts';

const PREFIX = 'ac_';
const SID_BYTES = 16;
const SECRET_BYTES = 32;
/** Canonical base64url of 48 bytes. */
const PATTERN = /^ac_[A-Za-z0-9_-]{64}$/;

/** What is inside an authorization code: the session that it is to begin, and a secret. Clients see an opaque string. */
export interface AuthorizationCode {
  /** base64url, as in the `sid` claim. */
  sid: string;
  secret: Buffer;
}

export function newAuthorizationCode(): AuthorizationCode {
  return { sid: newSid(), secret: randomBytes(SECRET_BYTES) };
}

export function encodeAuthorizationCode({ sid, secret }: AuthorizationCode): string {
  return PREFIX + Buffer.concat([Buffer.from(sid, 'base64url'), secret]).toString('base64url');
}

/** Undefined for anything that `encodeAuthorizationCode` cannot have made. */
export function decodeAuthorizationCode(text: string): AuthorizationCode | undefined {
  if (!PATTERN.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return {
    sid: bytes.subarray(0, SID_BYTES).toString('base64url'),
    secret: bytes.subarray(SID_BYTES),
  };
}
