import { mergeHeaders } from 'openapi-fetch';
import { ApiError } from './api-error.ts';
import { type Clock, orAborted, systemClock } from './clock.ts';
import { type AuthPaths, type CustomersPaths, type Operations, operations } from './operations.ts';
import { pages } from './pages.ts';
import { isRepeatable } from './retry.ts';
import { createSend, type Init, type Send } from './send.ts';
import { createSession } from './session.ts';
import { memoryStorage, type TokenStorage } from './tokens.ts';

export interface ClientOptions {
  /** The origin of the gateway, such as `https://api.example.com`; in a page of the same origin `location.origin`. */
  baseUrl: string;
  /** Default: `memoryStorage()`. */
  tokens?: TokenStorage;
  /** Default: the one of the platform. */
  fetch?: (request: Request) => Promise<Response>;
  /** For tests. */
  clock?: Clock;
}

type ListCustomers = CustomersPaths['/customers']['get'];
type ListUsers = AuthPaths['/auth/users']['get'];

export type Customer = ListCustomers['responses'][200]['content']['application/json']['items'][number];
/** Which customers, in which order, and how many on a page. */
export type CustomersQuery = Omit<NonNullable<ListCustomers['parameters']['query']>, 'n'>;

export type User = ListUsers['responses'][200]['content']['application/json']['items'][number];
export type UsersQuery = NonNullable<ListUsers['parameters']['query']>;

export interface Abortable {
  signal?: AbortSignal;
}

export interface Client {
  /** The tokens are kept, and sent with every request. Signing in needs no `signOut` before it.
   * @throws ApiError 401 `invalid_credentials`, 429 `too_many_attempts` */
  signIn(username: string, password: string): Promise<void>;
  /** Ends the session with all its tokens, and forgets them.
   * @throws ApiError 503 when it could not be ended: then the tokens are kept, so that it can be tried again */
  signOut(): Promise<void>;
  /** The operations of auth. */
  auth: Operations<AuthPaths> & {
    /** All users, page by page. */
    listUsers(query?: UsersQuery, options?: Abortable): AsyncGenerator<User, void, undefined>;
  };
  /** The operations of customers. */
  customers: Operations<CustomersPaths> & {
    /** All customers that the query is about, page by page. */
    list(query?: CustomersQuery, options?: Abortable): AsyncGenerator<Customer, void, undefined>;
  };
}

/**
 * A client of both services behind one gateway.
 *
 * Every method throws `ApiError` for an answer that is not 2xx; without one (no network, an abort) what `fetch` threw.
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, tokens = memoryStorage(), fetch = globalThis.fetch, clock = systemClock } = options;
  const send = createSend(baseUrl, (request) => fetch(request), clock);
  const { signIn, signOut, accessToken } = createSession(tokens, clock, send);

  const sendAuthorized: Send = async (method, path, init = {}) => {
    if (isPublic(path)) return send(method, path, init);
    const token = await orAborted(accessToken(), init.signal);
    try {
      return await send(method, path, withToken(init, token));
    } catch (error) {
      if (token === undefined || !isRefusedToken(error) || !isRepeatable(init.body)) throw error;
      const renewed = await orAborted(accessToken(token), init.signal);
      if (renewed === undefined) throw error; // signed out meanwhile
      return send(method, path, withToken(init, renewed));
    }
  };

  const auth: Operations<AuthPaths> = operations(sendAuthorized);
  const customers: Operations<CustomersPaths> = operations(sendAuthorized);
  return {
    signIn,
    signOut,
    auth: {
      ...auth,
      listUsers: (query, init) =>
        pages(async (page) => {
          const { data } = await auth.GET('/auth/users', {
            ...init,
            params: { query: { ...query, ...page } },
          });
          return data;
        }),
    },
    customers: {
      ...customers,
      list: (query, init) =>
        pages(async (page) => {
          const { data } = await customers.GET('/customers', {
            ...init,
            params: { query: { ...query, ...page } },
          });
          return data;
        }),
    },
  };
}

/** RFC 6750 §3.1: it has expired, or was revoked. A 401 for another reason is not cured by another token. */
function isRefusedToken(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code === 'invalid_token';
}

/** There a token is of no use, or another kind of authentication is. */
function isPublic(path: string): boolean {
  return /^\/(auth\/(login|refresh|register)$|oauth\/|\.well-known\/)/.test(path);
}

function withToken(init: Init, token: string | undefined): Init {
  if (token === undefined) return init;
  return { ...init, headers: mergeHeaders({ authorization: `Bearer ${token}` }, init.headers) };
}
