import { Agent, request } from 'node:http';
import type { Teardown } from '@pair/test-kit';
import { startCustomers } from './customers-process.ts';
import { startMeasured } from './measured-process.ts';
import { median } from './median.ts';

const ROUNDS = 5;
const AT_ONCE = 1_000;

interface Request {
  method: string;
  path: string;
  body?: string;
}

/** Measures the time until all of a thousand requests are answered that come at once, and that of a bare Fastify. */
export async function benchBursts(t: Teardown): Promise<void> {
  const customers = await startCustomers(t, 10_000);
  const { authorization, database } = customers;
  const { rows } = await database.query(`SELECT id FROM customers ORDER BY random() LIMIT ${AT_ONCE}`);
  const ids = rows.map(({ id }) => id as string);
  const customer = JSON.stringify({ name: 'Ada Lovelace', dob: '1815-12-10' });
  const answer = await fetch(`${customers.url}/customers/${ids[0]}`, { headers: { authorization } });
  const bare = await startMeasured(t, 'packages/bench/dist/bare.js', { CUSTOMER: await answer.text() });
  const bursts: Record<string, (i: number) => Request> = {
    create: () => ({ method: 'POST', path: '/customers', body: customer }),
    get: (i) => ({ method: 'GET', path: `/customers/${ids[i]}` }),
    patch: (i) => ({ method: 'PATCH', path: `/customers/${ids[i]}`, body: '{"name":"Ada King"}' }),
  };
  console.log(`\n${AT_ONCE} requests at once, on as many connections: median of ${ROUNDS}\n`);
  console.log('| | customers | bare Fastify |\n|---|---|---|');
  for (const [name, requestOf] of Object.entries(bursts)) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      times[0].push(await burst(customers.url, authorization, requestOf));
      times[1].push(await burst(bare.url, authorization, requestOf));
    }
    console.log(`| ${name} | ${times.map((ms) => `${median(ms).toFixed()} ms`).join(' | ')} |`);
  }
}

async function burst(url: string, authorization: string, requestOf: (i: number) => Request): Promise<number> {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const start = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) => {
      const { method, path, body } = requestOf(i);
      return new Promise<void>((resolve, reject) => {
        const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        const headers = { authorization, ...(body === undefined ? {} : { 'content-type': type }) };
        const sending = request(url + path, { agent, method, headers }, (response) => {
          if ((response.statusCode ?? 0) >= 300) reject(new Error(`${path}: ${response.statusCode}`));
          response.resume().once('end', resolve);
        });
        sending.once('error', reject).end(body);
      });
    }),
  );
  agent.destroy();
  return performance.now() - start;
}
