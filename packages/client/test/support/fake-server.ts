import {
  type Client,
  type Clock,
  createClient,
  memoryStorage,
  type TokenStorage,
  type Tokens,
} from '../../src/index.ts';

/** A request that the fake server has received, with its whole body. */
export interface Received {
  /** The method and the URL, such as `GET /customers?n=5`. */
  operation: string;
  headers: Headers;
  body: string;
  signal: AbortSignal;
}

export interface FakeServer {
  client: Client;
  storage: TokenStorage;
  /** All requests, in the order of arrival. */
  received: Received[];
  clock: Clock & { nowMs: number; sleptMs: number[] };
  /** The network of another client of the same server. */
  fetch: (request: Request) => Promise<Response>;
}

export const BASE_URL = 'https://api.example.com';
export const NOW_MS = Date.parse('2026-11-30T09:41:07Z');

/** The storage of a signed-in user, with an access token that is valid for ten minutes. */
export function signedIn(overrides: Partial<Tokens> = {}): TokenStorage {
  const storage = memoryStorage();
  storage.set({
    access_token: 'access-0',
    refresh_token: 'refresh-0',
    expires_at: NOW_MS + 600_000,
    scope: 'customers:read',
    ...overrides,
  });
  return storage;
}

/** A client whose requests `answer` gets instead of the network. Sleeping takes no time, and moves the clock. */
export function fakeServer(
  answer: (request: Received) => Response | Promise<Response>,
  {
    storage = memoryStorage(),
    clock = fakeClock(),
    dpop = false,
  }: Partial<Pick<FakeServer, 'storage' | 'clock'>> & { dpop?: boolean } = {},
): FakeServer {
  const received: Received[] = [];
  const fetch = async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const { headers, signal } = request;
    const operation = `${request.method} ${pathname}${search}`;
    const arrived = { operation, headers, signal, body: await request.text() };
    received.push(arrived);
    signal.throwIfAborted();
    return answer(arrived);
  };
  return {
    client: createClient({ baseUrl: BASE_URL, tokens: storage, dpop, fetch, clock }),
    storage,
    received,
    clock,
    fetch,
  };
}

export function fakeClock(): FakeServer['clock'] {
  return {
    nowMs: NOW_MS,
    sleptMs: [],
    now() {
      return this.nowMs;
    },
    async sleep(ms) {
      this.sleptMs.push(ms);
      this.nowMs += ms;
    },
  };
}

/** The answer to a login or a refresh. */
export function tokens(generation: number, tokenType = 'Bearer'): Response {
  return Response.json({
    access_token: `access-${generation}`,
    refresh_token: `refresh-${generation}`,
    token_type: tokenType,
    expires_in: 600,
    scope: 'customers:read',
  });
}

export function problem(
  status: number,
  code: string,
  headers: Record<string, string> = {},
  more = {},
): Response {
  const body = {
    type: 'about:blank',
    title: '',
    status,
    code,
    detail: `Because of ${code}.`,
    request_id: 'r-1',
  };
  return Response.json(
    { ...body, ...more },
    {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    },
  );
}

export const unavailable = (retryAfter = '1') => problem(503, 'unavailable', { 'retry-after': retryAfter });
export const invalidToken = () => problem(401, 'invalid_token');
export const invalidGrant = () => problem(401, 'invalid_grant');

export const tokenOf = ({ headers }: Received) =>
  headers.get('authorization')?.replace(/^(Bearer|DPoP) /, '');

export const isRefresh = ({ operation }: Received) => operation === 'POST /auth/refresh';
export const refreshes = (received: Received[]) => received.filter(isRefresh).length;
export const expired = () => signedIn({ expires_at: NOW_MS });
export const almostExpired = () => signedIn({ expires_at: NOW_MS + 29_000 });

/** Accepts one access token alone, and answers every refresh with new tokens. */
export const takesOnly =
  (good: string) =>
  (request: Received): Response => {
    if (isRefresh(request)) return tokens(1);
    return tokenOf(request) === good ? Response.json({ username: 'ada' }) : invalidToken();
  };

/** A promise and the function that fulfils it. */
export function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Waits until all work is done that needs nothing more from the test. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
