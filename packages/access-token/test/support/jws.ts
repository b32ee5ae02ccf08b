import { createHmac, sign } from 'node:crypto';
import type { MintedKey } from '@pair/test-kit';

export const base64url = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** As auth writes it. */
export const headerOf = (key: MintedKey) => ({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });

/** Signs two texts, whatever they are, as no library would. */
export function signRaw(key: MintedKey, header: unknown, payload: unknown): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: key.privatePem, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** RFC 8725 §2.1: the public key taken for a secret that both know. */
export function signWithHmac(secret: string, header: unknown, payload: unknown): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
