import { createHmac, sign } from 'node:crypto';
import type { MintedKey } from '@pair/test-kit';

export const base64url = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** The header of a token of auth. */
export const headerOf = (key: MintedKey) => ({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });

/** Signs any header and payload, also malformed ones, which libraries refuse to sign. */
export function signRaw(key: MintedKey, header: unknown, payload: unknown): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: key.privatePem, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** Signs with the public key as an HMAC secret: the attack of RFC 8725 §2.1. */
export function signWithHmac(secret: string, header: unknown, payload: unknown): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
