import { ApiError } from './api-error.ts';
import { type Clock, systemClock } from './clock.ts';
import { withDefaults } from './defaults.ts';
import { lazyDpop } from './dpop/dpop.ts';
import { type AuthPaths, type CustomersPaths, type Operations, operations } from './operations.ts';
import { pages } from './pages.ts';
import { createSend } from './send.ts';
import { createSession } from './session.ts';
import { memoryStorage, type TokenStorage } from './tokens.ts';
import { withAccessToken } from './with-access-token.ts';

export interface ClientOptions {
  /** The origin of the gateway, such as `https://api.example.com`. A page of the same origin passes `location.origin`. */
  baseUrl: string;
  /** Default: `memoryStorage()`. */
  tokens?: TokenStorage;
  /**
   * True to bind the tokens of each sign-in to a key that no script can export (DPoP, RFC 9449): tokens without the key are
   * useless. `baseUrl` must then be the public origin of the services. Tokens of the other kind, and tokens whose key is lost,
   * count as none. Default: false, for Bearer tokens.
   */
  dpop?: boolean;
  /** Default: the `fetch` of the platform. */
  fetch?: (request: Request) => Promise<Response>;
  /** Default: the clock of the platform. Tests bring their own. */
  clock?: Clock;
}

type ListCustomers = CustomersPaths['/customers']['get'];
type ListUsers = AuthPaths['/auth/users']['get'];

/** A customer in the form of the API: dates are `YYYY-MM-DD`, times are RFC 3339 in UTC. */
export type Customer = ListCustomers['responses'][200]['content']['application/json']['items'][number];
/** The filters, the order and the page size of a list of customers. */
export type CustomersQuery = Omit<NonNullable<ListCustomers['parameters']['query']>, 'n'>;

/** An account, with the members that admins see. */
export type User = ListUsers['responses'][200]['content']['application/json']['items'][number];
/** The filters and the page size of a list of users. */
export type UsersQuery = NonNullable<ListUsers['parameters']['query']>;

export interface Abortable {
  /** Its abort ends the iteration, which then throws the reason of the signal. */
  signal?: AbortSignal;
}

export interface Client {
  /**
   * Signs a user in. The tokens of the new session replace those in the storage.
   *
   * @throws ApiError 401 `invalid_credentials`, 429 `too_many_attempts`, and with `dpop` 200 `token_not_bound` if the services
   * issue Bearer tokens all the same
   */
  signIn(username: string, password: string): Promise<void>;
  /**
   * Ends the session, which revokes all its tokens, and removes them from the storage.
   *
   * @throws ApiError 503 if the session could not be ended: the tokens stay in the storage, so that you can try again
   */
  signOut(): Promise<void>;
  /** The operations of auth. */
  auth: Operations<AuthPaths> & {
    /** All users, page by page. */
    listUsers(query?: UsersQuery, options?: Abortable): AsyncGenerator<User, void, undefined>;
  };
  /** The operations of customers. */
  customers: Operations<CustomersPaths> & {
    /** All customers that match the query, page by page. */
    list(query?: CustomersQuery, options?: Abortable): AsyncGenerator<Customer, void, undefined>;
  };
}

/**
 * Creates a client of both services, which are behind one gateway.
 *
 * Every method throws `ApiError` for an answer that is not 2xx, or that is not JSON although the operation answers JSON.
 * Without an answer (no network, an abort) it throws the error of `fetch`.
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, tokens = memoryStorage(), fetch = globalThis.fetch, clock = systemClock } = options;
  const send = createSend(baseUrl, (request) => fetch(request), clock);
  const dpop = options.dpop ? lazyDpop(tokens, ApiError) : undefined;
  const { signIn, signOut, currentTokens } = createSession(tokens, clock, send, dpop);
  const sendAuthorized = withDefaults(withAccessToken(send, currentTokens, dpop));
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
