import { mintClaims, mintProofKey, type ProofKey, type Teardown } from '@pair/test-kit';
import type { LightMyRequestResponse } from 'fastify';
import { thumbprint } from '../../src/dpop/proof.ts';
import { asUser } from '../../src/index.ts';
import {
  type GuardedOptions,
  type GuardedProcess,
  guardedProcess,
  ISSUER,
  ready,
} from './guarded-process.ts';
import { redisOfAuth } from './redis-of-auth.ts';

const PATH = '/customers/all';
export const URL_OF_ROUTE = ISSUER + PATH;
const routes = asUser(async (app) => void app.get(PATH, async (request) => request.claims));
/** The key of the client. */
export const key = mintProofKey();

/** Processes of one service, with a nonce and a token that is bound to `key`. */
export async function boundSystem(
  t: Teardown,
  count = 1,
  options: Pick<GuardedOptions, 'settings' | 'METRICS_PORT'> = {},
) {
  const redis = await redisOfAuth(t);
  await redis.nameNonce('nonce-1');
  const processes: GuardedProcess[] = [];
  for (let i = 0; i < count; i++) processes.push(await guardedProcess(t, { ...options, redis, routes }));
  await Promise.all(processes.map(ready));
  const [first] = processes as [GuardedProcess];
  const bind = async (guarded: GuardedProcess, to: ProofKey = key) =>
    guarded.key.sign(mintClaims({ cnf: { jkt: thumbprint({ ...to.jwk, kty: 'EC', crv: 'P-256' }) } }));
  const token = await bind(first);
  const prove = (overrides = {}, nonce = 'nonce-1') =>
    key.prove({ method: 'GET', url: URL_OF_ROUTE, accessToken: token, nonce }, overrides);
  const send = (
    proof: string | string[] | undefined,
    { via = first, scheme = 'DPoP', access = token } = {},
  ): Promise<LightMyRequestResponse> =>
    via.app.inject({
      url: PATH,
      headers: { authorization: `${scheme} ${access}`, ...(proof !== undefined && { dpop: proof }) },
    });
  return { redis, processes, first, token, bind, prove, send };
}
