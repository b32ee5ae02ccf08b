import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Made here, never chosen: random and long, so that a fast hash is enough and guessing is hopeless. */
export function newClientSecret(): string {
  return `cs_${randomBytes(32).toString('base64url')}`;
}

export function hashClientSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function isClientSecret(secret: string, hash: Buffer): boolean {
  return timingSafeEqual(hashClientSecret(secret), hash);
}
