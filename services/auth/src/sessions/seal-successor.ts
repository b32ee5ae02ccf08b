import { hkdfSync } from 'node:crypto';
import { seal, unseal } from '../crypto/seal.ts';
import type { RefreshToken } from './refresh-token.ts';

const KEY_BYTES = 32;

/**
 * The nonce of a token's successor, so that only who presents the token itself can read it: Redis keeps it for the
 * case that the answer is lost, and whoever reads Redis, its file or a copy of either learns nothing.
 */
export function sealSuccessor(token: RefreshToken, generation: number, successor: RefreshToken): Buffer {
  return seal(successor.nonce, keyFrom(token), context(token, generation));
}

/** The other way round. `generation` is that of `token`, as when it was sealed. */
export function openSuccessor(token: RefreshToken, generation: number, sealed: Buffer): RefreshToken {
  const nonce = unseal(sealed, [keyFrom(token)], context(token, generation));
  if (nonce === undefined) throw new Error('the sealed successor of a refresh token does not open');
  return { ...token, nonce };
}

/** HKDF-SHA256 (RFC 5869) of the two secrets in the token. */
function keyFrom({ familySecret, nonce }: RefreshToken): Buffer {
  const secret = Buffer.concat([familySecret, nonce]);
  return Buffer.from(hkdfSync('sha256', secret, '', 'successor of a refresh token', KEY_BYTES));
}

/** A blob that was put into another session, or kept from an earlier rotation, does not open. */
function context({ sid }: RefreshToken, generation: number): string {
  return `${sid}.${generation}`;
}
