import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Generates a client secret. It is random and long, never chosen, so guessing is hopeless and a fast hash is enough. */
export function newClientSecret(): string {
  return `cs_${randomBytes(32).toString('base64url')}`;
}

export function hashClientSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function isClientSecret(secret: string, hash: Buffer): boolean {
  return timingSafeEqual(hashClientSecret(secret), hash);
}
