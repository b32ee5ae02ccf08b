import { mintProofKey, type Teardown } from '@pair/test-kit';
import type autocannon from 'autocannon';
import { Redis } from 'ioredis';
import { calculateJwkThumbprint } from 'jose';
import { contest, printHead } from './contest.ts';
import { startCustomers } from './customers-process.ts';
import { load } from './load.ts';

const ROWS = 1_000;
const PATH = '/customers?n=10';
const NONCE = 'nonce-of-the-benchmark';

/**
 * Measures a list with a token that is bound to a key, and a fresh proof for each request, beside the same list with a Bearer
 * token. The load generator signs the proofs, so it limits the requests/s; the CPU times are to compare.
 */
export async function benchDpop(t: Teardown): Promise<void> {
  const customers = await startCustomers(t, ROWS);
  const redis = new Redis(customers.redisUrl);
  t.teardown(() => redis.disconnect());
  const until = Math.floor(Date.now() / 1_000) + 120;
  await redis.xadd('{auth}:revocations', '*', 'nonce', NONCE, 'until', until);

  const key = mintProofKey();
  const accessToken = await customers.sign({ cnf: { jkt: await calculateJwkThumbprint(key.jwk) } });
  const issuer = 'http://localhost:8080';
  const prove = () => key.prove({ method: 'GET', url: `${issuer}/customers`, accessToken, nonce: NONCE });
  const send = (request: autocannon.Request) => (seconds: number) =>
    load(customers, { requests: [{ method: 'GET', path: PATH, ...request }] }, seconds);

  printHead('the cost of DPoP, list of the 10 youngest');
  await contest(
    'list',
    {
      name: 'DPoP',
      run: send({
        setupRequest: (request) => ({
          ...request,
          headers: { authorization: `DPoP ${accessToken}`, dpop: prove() },
        }),
      }),
    },
    [{ name: 'Bearer', run: send({ headers: { authorization: customers.authorization } }) }],
  );
}
