import { type Clock, systemClock } from './clock.ts';
import { withDefaults } from './defaults.ts';
import { type AuthPaths, type CustomersPaths, type Operations, operations } from './operations.ts';
import { pages } from './pages.ts';
import { createSend } from './send.ts';
import { createSession } from './session.ts';
import { memoryStorage, type TokenStorage } from './tokens.ts';
import { withAccessToken } from './with-access-token.ts';

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

/** As the API has it: dates are `YYYY-MM-DD`, times RFC 3339 in UTC. */
export type Customer = ListCustomers['responses'][200]['content']['application/json']['items'][number];
/** Which customers, in which order, and how many on a page. */
export type CustomersQuery = Omit<NonNullable<ListCustomers['parameters']['query']>, 'n'>;

/** An account, as admins see it. */
export type User = ListUsers['responses'][200]['content']['application/json']['items'][number];
/** Which users, and how many on a page. */
export type UsersQuery = NonNullable<ListUsers['parameters']['query']>;

/** Ends the iteration: what is thrown then is the reason of the signal. */
export interface Abortable {
  signal?: AbortSignal;
}

export interface Client {
  /**
   * The tokens that it gets are kept instead of those that are there.
   *
   * @throws ApiError 401 `invalid_credentials`, 429 `too_many_attempts`
   */
  signIn(username: string, password: string): Promise<void>;
  /**
   * Ends the session with all its tokens, and forgets them.
   *
   * @throws ApiError 503 when it could not be ended: then the tokens are kept, so that it can be tried again
   */
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
 * Every method throws `ApiError` for an answer that is not 2xx, or not JSON where it should be; without an answer (no
 * network, an abort) what `fetch` threw.
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, tokens = memoryStorage(), fetch = globalThis.fetch, clock = systemClock } = options;
  const send = createSend(baseUrl, (request) => fetch(request), clock);
  const { signIn, signOut, currentTokens } = createSession(tokens, clock, send);
  const sendAuthorized = withDefaults(withAccessToken(send, currentTokens));
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
