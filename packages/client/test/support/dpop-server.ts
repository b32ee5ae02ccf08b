import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import type { TokenStorage } from '../../src/index.ts';
import { BASE_URL, type FakeServer, fakeServer, problem, type Received, tokens } from './fake-server.ts';

/** A proof that the server has received, after the check of its signature. */
export interface ReceivedProof extends JWTPayload {
  /** The request to which the proof belongs, such as `GET /customers?n=5`. */
  operation: string;
  /** The thumbprint of its key. */
  key: string;
}

export interface DpopServer extends FakeServer {
  /** The nonce that the server accepts. */
  nonce: string;
  proofs: ReceivedProof[];
  /** Answers in place of the service, after the check of the proof. */
  answer: (request: Received) => Response | undefined | Promise<Response | undefined>;
  /** The refusal of a nonce. */
  refusal: () => Response;
}

/** A client with `dpop: true`, and a stand-in for the services that implements RFC 9449. */
export function dpopServer(storage?: TokenStorage): DpopServer {
  const keyOfTokens = new Map<string, string>();
  const usedIds = new Set<string>();
  let generation = 0;

  async function respond(request: Received): Promise<Response> {
    const path = request.operation.replace(/^\w+ |\?.*$/g, '');
    if (path === '/auth/logout') return (await server.answer(request)) ?? new Response(null, { status: 204 });
    const proof = await receive(request);
    if (proof === undefined) return problem(401, 'invalid_dpop_proof');
    if (proof.nonce !== server.nonce) return server.refusal();
    const other = await server.answer(request);
    if (other !== undefined) return other;
    if (/^\/auth\/(login|refresh)$/.test(path)) {
      generation += 1;
      keyOfTokens.set(`access-${generation}`, proof.key);
      return tokens(generation, 'DPoP');
    }
    const [, token = ''] = /^DPoP (.*)/.exec(request.headers.get('authorization') ?? '') ?? [];
    const isRight = proof.ath === hash(token) && keyOfTokens.get(token) === proof.key;
    return isRight ? Response.json({ username: 'ada', items: [] }) : problem(401, 'invalid_token');
  }

  /** Checks all of a proof but its nonce. */
  async function receive({ operation, headers }: Received): Promise<ReceivedProof | undefined> {
    const options = { typ: 'dpop+jwt', algorithms: ['ES256'] };
    const text = headers.get('dpop');
    if (text === null) return undefined;
    const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, options);
    const key = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
    const [method, path = ''] = operation.split(' ');
    const { jti = '', htm, htu } = payload;
    if (usedIds.has(jti) || htm !== method || htu !== BASE_URL + path.replace(/\?.*/, '')) return undefined;
    usedIds.add(jti);
    const proof = { ...payload, operation, key };
    server.proofs.push(proof);
    return proof;
  }

  const server: DpopServer = {
    ...fakeServer(respond, { dpop: true, ...(storage && { storage }) }),
    nonce: 'nonce-1',
    proofs: [],
    answer: () => undefined,
    refusal: () => useNonce(server.nonce),
  };
  return server;
}

export function useNonce(nonce: string): Response {
  const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"' };
  return problem(401, 'use_dpop_nonce', { ...challenge, 'dpop-nonce': nonce });
}

export async function signedInServer(storage?: TokenStorage): Promise<DpopServer> {
  const server = dpopServer(storage);
  await server.client.signIn('ada', 'the engine');
  return server;
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
