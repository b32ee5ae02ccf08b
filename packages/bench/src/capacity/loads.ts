import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import { type Credentials, signIn } from '../auth-process.ts';
import { CONNECTIONS } from '../load.ts';
import type { Kind } from './usage.ts';

/** The system that gets the requests, and the credentials for them. */
export interface Target {
  url: string;
  users: Credentials[];
  /** The Authorization header for customers. */
  authorization: string;
  /** Existing customers. */
  ids: string[];
}

/** Prepares requests of one kind. The returned function sends them, and resolves with their number. */
export type Load = (target: Target, perSecond: number, seconds: number) => Promise<() => Promise<number>>;

const JSON_TYPE = 'application/json';
const CUSTOMER = JSON.stringify({ name: 'Ada Lovelace', dob: '1815-12-10' });

export const LOADS: Record<Kind, Load> = {
  'sign-in': async (target, perSecond, seconds) => () =>
    sendEvenly(perSecond, seconds, async (i) => {
      await good(signInAs(target, i));
    }),
  refresh: async (target, perSecond, seconds) => {
    const tokens = await beginSessions(target, connectionsFor(perSecond));
    return () =>
      sendBusily(target, perSecond, seconds, {
        path: '/auth/refresh',
        method: 'POST',
        headers: { 'content-type': JSON_TYPE },
        // each connection has a session of its own, and uses each refresh token once
        setupClient: (client) => {
          const use = (refresh_token = '') => client.setBody(JSON.stringify({ refresh_token }));
          use(tokens.pop());
          client.on('body', (body) => use(JSON.parse(String(body)).refresh_token));
        },
      });
  },
  'sign-out': async (target, perSecond, seconds) => {
    const tokens = await beginSessions(target, Math.ceil(perSecond * seconds));
    return () =>
      sendEvenly(perSecond, seconds, async (i) => {
        await good(post(target, '/auth/logout', JSON.stringify({ refresh_token: tokens[i] })));
      });
  },
  'the 10 youngest': customers(() => ({ path: '?n=10' })),
  'page of 20': customers(() => ({ path: '' })),
  get: customers((id) => ({ path: `/${id}` })),
  create: customers(() => ({ path: '', method: 'POST', type: JSON_TYPE, body: CUSTOMER })),
  patch: customers((id) => ({
    path: `/${id}`,
    method: 'PATCH',
    type: 'application/merge-patch+json',
    body: '{"name":"Ada King"}',
  })),
};

function customers(
  requestFor: (id: string) => { path: string; method?: 'POST' | 'PATCH'; type?: string; body?: string },
): Load {
  return async (target, perSecond, seconds) => () =>
    sendBusily(target, perSecond, seconds, {
      requests: target.ids.map((id) => {
        const { path, type, ...request } = requestFor(id);
        const headers = {
          authorization: target.authorization,
          ...(type !== undefined && { 'content-type': type }),
        };
        return { method: 'GET', ...request, path: `/customers${path}`, headers };
      }),
    });
}

function connectionsFor(perSecond: number): number {
  return Math.min(CONNECTIONS, Math.ceil(perSecond));
}

/** For many requests: autocannon takes little of the machine. */
async function sendBusily(
  { url }: Target,
  perSecond: number,
  seconds: number,
  { path = '', ...options }: Omit<autocannon.Options, 'url'> & { path?: string },
): Promise<number> {
  const result = await autocannon({
    ...options,
    url: url + path,
    connections: connectionsFor(perSecond),
    overallRate: Math.round(perSecond),
    duration: seconds,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${path}: ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`);
  return result.requests.total;
}

/** For few requests: sends at a steady rate, whether or not answers have come. */
async function sendEvenly(
  perSecond: number,
  seconds: number,
  send: (i: number) => Promise<void>,
): Promise<number> {
  const count = Math.floor(perSecond * seconds);
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const aheadMs = start + (i * 1_000) / perSecond - performance.now();
    if (aheadMs > 0) await delay(aheadMs);
    sent.push(send(i));
  }
  await Promise.all(sent);
  await delay(start + seconds * 1_000 - performance.now());
  return count;
}

async function beginSessions(target: Target, count: number): Promise<string[]> {
  const tokens: string[] = [];
  // one after the other, because auth verifies at most ten passwords of a user at once
  while (tokens.length < count) {
    const answer = await good(signInAs(target, tokens.length));
    tokens.push(JSON.parse(answer).refresh_token);
  }
  return tokens;
}

/** Users take turns, and so do the addresses of a network, because nginx limits the sign-ins from one. */
function signInAs({ url, users }: Target, turn: number): Promise<Response> {
  return signIn(url, users[turn % users.length], `10.0.0.${turn % 256}`);
}

function post({ url }: Target, path: string, body: string): Promise<Response> {
  return fetch(url + path, { method: 'POST', headers: { 'content-type': JSON_TYPE }, body });
}

/** Resolves with the body. Throws if the answer is an error. */
async function good(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const body = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${body}`);
  return body;
}
