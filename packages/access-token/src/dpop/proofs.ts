import { Problem, StoreUnavailable, unavailable } from '@pair/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { countOf } from '../headers.ts';
import { proofMetrics } from './metrics.ts';
import { PROOF_ALGORITHM, type Proof, ProofFault, proofChecker } from './proof.ts';

/** Proofs of possession (RFC 9449). */
export interface Proofs {
  /**
   * Checks all of a proof but its first use, from memory alone (§4.3). `request.proof` is then that proof.
   *
   * @param bound the access token of the request and the thumbprint in it, at a resource
   * @throws {Problem} 401 `invalid_dpop_proof` or `use_dpop_nonce`, 503 if no nonce is known
   */
  check(request: FastifyRequest, bound?: { accessToken: string; jkt: string }): Proof;
  /**
   * Uses a proof up in Redis (§11.1).
   *
   * @throws {Problem} 401 `invalid_dpop_proof` if it was used before, at any process of this service
   * @throws {StoreUnavailable} if Redis is away, or too few of its replicas have the proof
   */
  spend(proof: Proof): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    proofs: Proofs;
  }
  interface FastifyRequest {
    /** The proof of the request, after its check. */
    proof: Proof | undefined;
  }
}

/**
 * `app.proofs`. A proof that was used is remembered for longer than its nonce is accepted, for all processes of the service.
 *
 * @param options.name the name of the service, for its metrics
 * @param options.issuer the public origin, with which `htu` must begin, whatever `Host` says
 */
export const proofs = fp<{ name: string; issuer: string }>(
  async (app, { name, issuer }) => {
    const checkProof = proofChecker();
    const { nonces } = app.revocationFeed;
    const count = proofMetrics(app.metrics, name, nonces);

    app.decorateRequest('proof');
    // after the handler, whose answer might be kept by a cache, together with a nonce that is too old then (§8.2)
    app.addHook('onSend', (request, reply, _payload, done) => {
      if (request.proof !== undefined) sendNonce(reply, request.proof);
      done();
    });
    app.decorate('proofs', {
      check(request, bound) {
        const newest = nonces.newest();
        if (newest === undefined) {
          count('unavailable');
          throw unavailable(new StoreUnavailable('revocation_feed', 'no nonce for proofs is known'));
        }
        const proof = checkAll(request, bound);
        if (proof.nonce === undefined || !nonces.accepts(proof.nonce)) {
          count('nonce');
          throw useNonce(newest);
        }
        request.proof = proof;
        return proof;
      },
      async spend({ jkt, jti }) {
        const isNew = await app.usedProofs.add(`${jkt} ${jti}`).catch((error) => {
          count('unavailable');
          throw error;
        });
        count(isNew ? 'accepted' : 'used');
        if (!isNew) throw invalidProof('The proof was used before.');
      },
    });

    function checkAll(
      request: FastifyRequest,
      bound: { accessToken: string; jkt: string } | undefined,
    ): Proof {
      const { method, url } = request;
      const target = { method, url: issuer + pathOf(url), accessToken: bound?.accessToken };
      try {
        const proof = checkProof(requireOneProof(request), target);
        if (bound !== undefined && proof.jkt !== bound.jkt)
          throw new ProofFault('The proof has another key than the access token.');
        return proof;
      } catch (error) {
        if (!(error instanceof ProofFault)) throw error;
        count('invalid');
        throw invalidProof(error.message);
      }
    }

    function sendNonce(reply: FastifyReply, proof: Proof): void {
      const newest = nonces.newest();
      if (newest === undefined || newest === proof.nonce) return;
      reply.header('dpop-nonce', newest).header('cache-control', 'no-store');
    }
  },
  { name: 'proofs', dependencies: ['used-proofs', 'revocation-feed'] },
);

/** §4.3: not more than one header, and a value. */
function requireOneProof(request: FastifyRequest): string {
  const { dpop } = request.headers;
  if (typeof dpop !== 'string') throw new ProofFault('The request has no proof: send it in the header DPoP.');
  if (countOf(request, 'dpop') > 1) throw new ProofFault('There is more than one DPoP header.');
  return dpop;
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/** The scheme of RFC 9449 §7.1 in a challenge. `detail` must not have `"`, a backslash or text of the request. */
export function dpopChallenge(error: string, detail: string): string {
  return `DPoP error="${error}", error_description="${detail}", algs="${PROOF_ALGORITHM}"`;
}

/** RFC 9449 §5 and §7.1. */
export function invalidProof(detail = 'The proof is not valid.'): Problem {
  const code = 'invalid_dpop_proof';
  return new Problem(401, code, detail, { headers: { 'www-authenticate': dpopChallenge(code, detail) } });
}

/** For the document. */
const EXAMPLE_NONCE = 'A'.repeat(22);

/** RFC 9449 §8 and §9: the client repeats the request with this nonce. */
export function useNonce(nonce = EXAMPLE_NONCE): Problem {
  const code = 'use_dpop_nonce';
  const detail = 'Make the proof again, with the nonce of this answer.';
  return new Problem(401, code, detail, {
    headers: {
      'www-authenticate': dpopChallenge(code, detail),
      'dpop-nonce': nonce,
      'cache-control': 'no-store',
    },
  });
}
