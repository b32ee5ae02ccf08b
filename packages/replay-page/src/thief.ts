import type { Tokens } from '@pair/client';

/** The program of the thief, who has copies of tokens. */
export interface Thief {
  loot(): Loot | undefined;
  steal(tokens: Tokens): void;
  forget(): void;
  refresh(): Promise<void>;
  call(): Promise<void>;
  /** Asks whether the stolen access token works. */
  check(): Promise<void>;
}

export interface Loot {
  access: string;
  refresh: string;
}

/** @param fetch sends the requests */
export function createThief(fetch: (request: Request) => Promise<Response>): Thief {
  let loot: Loot | undefined;

  const get = async (path: string) => {
    if (loot === undefined) return;
    await fetch(new Request(path, { headers: { authorization: `Bearer ${loot.access}` } }));
  };

  return {
    loot: () => loot,
    steal: ({ access_token, refresh_token }) => {
      loot = { access: access_token, refresh: refresh_token };
    },
    forget: () => {
      loot = undefined;
    },
    refresh: async () => {
      if (loot === undefined) return;
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ refresh_token: loot.refresh });
      const response = await fetch(new Request('/auth/refresh', { method: 'POST', headers, body }));
      if (!response.ok) return;
      const { access_token, refresh_token } = await response.json();
      loot = { access: access_token, refresh: refresh_token };
    },
    call: () => get('/customers?n=1'),
    check: () => get('/auth/me'),
  };
}
