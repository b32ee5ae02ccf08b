import { generateProof, type KeyPair } from 'dpop';
import type { CallProofs } from './dpop.ts';

/**
 * Proofs of possession (RFC 9449 §4) for the attempts of one call.
 *
 * @param nonces the newest nonce of each origin (§8.2)
 */
export function callProofs(
  nonces: Map<string, string>,
  key: KeyPair,
  accessToken: string | undefined,
): CallProofs {
  let hasNewNonce = false;
  let isRepeated = false;
  return {
    async sendWithProof(request, fetch) {
      const { origin, pathname } = new URL(request.url);
      const used = nonces.get(origin);
      request.headers.set(
        'dpop',
        await generateProof(key, origin + pathname, request.method, used, accessToken),
      );
      const response = await fetch(request);
      const nonce = response.headers.get('dpop-nonce');
      if (nonce !== null) nonces.set(origin, nonce);
      hasNewNonce = nonce !== null && nonce !== used;
      return response;
    },
    mayRepeatAfter(code, isIdempotent) {
      if (isRepeated) return false;
      isRepeated =
        // §8 and §9: the service has refused the request before it did anything
        (code === 'use_dpop_nonce' && hasNewNonce) ||
        // a proxy or browser that got no answer may have sent the request a second time, with the same proof
        (code === 'invalid_dpop_proof' && isIdempotent);
      return isRepeated;
    },
  };
}
