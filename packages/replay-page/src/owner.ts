import { type Client, createClient, type TokenStorage, type Tokens } from '@pair/client';

/** The program of the owner, as an application would write it. */
export interface Owner {
  tokens(): Tokens | undefined;
  /** @param isBound true to bind the tokens to a key of this browser (DPoP) */
  signIn(username: string, password: string, isBound: boolean): Promise<void>;
  /** Refreshes now: the client does that by itself when its access token is about to expire. */
  refresh(): Promise<void>;
  call(): Promise<void>;
  signOut(): Promise<void>;
  /** Ends the session while the page ends: only the page has its tokens. */
  leave(): void;
  /** Asks whether the session lives. */
  check(): Promise<void>;
}

/**
 * @param fetch sends the requests
 * @param onChange is called when the tokens have changed
 */
export function createOwner(fetch: (request: Request) => Promise<Response>, onChange: () => void): Owner {
  let tokens: Tokens | undefined;
  const storage: TokenStorage = {
    get: () => tokens,
    set: (next) => {
      tokens = next;
      onChange();
    },
  };
  const newClient = (dpop: boolean): Client =>
    createClient({ baseUrl: location.origin, tokens: storage, fetch, dpop });
  let client = newClient(false);
  const check = async () => {
    await client.auth.GET('/auth/me');
  };

  return {
    tokens: () => tokens,
    signIn: (username, password, isBound) => {
      client = newClient(isBound);
      return client.signIn(username, password);
    },
    refresh: async () => {
      if (tokens !== undefined) tokens = { ...tokens, expires_at: 0 };
      await check();
    },
    call: async () => {
      await client.customers.GET('/customers', { params: { query: { n: 1 } } });
    },
    signOut: () => client.signOut(),
    leave: () => {
      if (tokens === undefined) return;
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ refresh_token: tokens.refresh_token });
      globalThis
        .fetch('/auth/logout', { method: 'POST', headers, body, keepalive: true })
        .catch(() => undefined);
    },
    check,
  };
}
