import type { Proof } from '@pair/access-token';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Client } from '../clients/client.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Checks the proof of a request for tokens (RFC 9449 §5), from memory alone: call it before the work that a password or a
     * token costs. `request.proof` is then that proof, and the tokens are bound to its key. Without a proof the tokens are
     * Bearer tokens, unless the client or this server requires one.
     *
     * @throws {Problem} 401 `invalid_dpop_proof` or `use_dpop_nonce`, 503
     */
    checkTokenProof(request: FastifyRequest, client: Client): void;
  }
}

/** @param options.isRequired true to issue no Bearer tokens at all */
export const tokenProofs = fp<{ isRequired: boolean }>(
  async (app, { isRequired }) => {
    app.decorate('checkTokenProof', (request, client) => {
      const hasNone = request.headers.dpop === undefined;
      if (hasNone && !isRequired && !client.dpopBoundAccessTokens) return;
      app.proofs.check(request);
    });
  },
  { name: 'token-proofs', dependencies: ['proofs'] },
);

/**
 * Uses up the proof of a request, if it has one. Call it right before the step that it must keep a repeated proof from: a
 * request that is refused earlier leaves nothing in Redis.
 *
 * @throws {Problem} 401 `invalid_dpop_proof` if it was used before, 503
 */
export async function spendProof({ proof, server }: FastifyRequest): Promise<void> {
  if (proof !== undefined) await server.proofs.spend(proof);
}

/**
 * Returns the thumbprint of the key to which a session is bound; undefined for none. The refresh tokens of a confidential client
 * are bound to it by its authentication (RFC 9449 §5), so it may change its key.
 */
export function sessionKeyOf(
  client: Pick<Client, 'secretHash'>,
  proof: Proof | undefined,
): string | undefined {
  return client.secretHash === null ? proof?.jkt : undefined;
}
