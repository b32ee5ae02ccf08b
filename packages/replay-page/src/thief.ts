import type { Tokens } from '@pair/client';
import { generateKeyPair, generateProof, type KeyPair } from 'dpop';

/** The program of the thief, who has copies of tokens. */
export interface Thief {
  loot(): Loot | undefined;
  steal(tokens: Tokens): void;
  forget(): void;
  /** Tries a bound token without a proof, and then with a proof of a key of the thief. */
  refresh(): Promise<void>;
  /** Tries a bound token in both ways, too. */
  call(): Promise<void>;
  /** Asks whether the stolen access token works. */
  check(): Promise<void>;
}

export interface Loot {
  access: string;
  refresh: string;
  /** True if the tokens are bound to a key, which the thief does not have. */
  isBound: boolean;
}

interface Attempt {
  method: string;
  path: string;
  /** The token of the request; without it the request is for tokens. */
  access?: string;
  body?: object;
}

/** @param fetch sends the requests */
export function createThief(fetch: (request: Request) => Promise<Response>): Thief {
  let loot: Loot | undefined;
  let ownKey: Promise<KeyPair> | undefined;

  const send = ({ method, path, access, body }: Attempt, proof?: string) => {
    const headers = new Headers();
    if (proof !== undefined) headers.set('dpop', proof);
    if (access !== undefined) headers.set('authorization', `${proof ? 'DPoP' : 'Bearer'} ${access}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    return fetch(new Request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
  };

  const sendWithOwnKey = async (attempt: Attempt) => {
    ownKey ??= generateKeyPair('ES256');
    const key = await ownKey;
    const prove = (nonce?: string) =>
      generateProof(key, location.origin + attempt.path, attempt.method, nonce, attempt.access);
    const response = await send(attempt, await prove());
    const nonce = response.headers.get('dpop-nonce');
    return nonce === null ? response : send(attempt, await prove(nonce));
  };

  const sendInAllWays = async (attempt: Attempt) => {
    const response = await send(attempt);
    return loot?.isBound ? sendWithOwnKey(attempt) : response;
  };

  const get = async (path: string) => {
    if (loot !== undefined) await sendInAllWays({ method: 'GET', path, access: loot.access });
  };

  return {
    loot: () => loot,
    steal: ({ access_token: access, refresh_token: refresh, jkt }) => {
      loot = { access, refresh, isBound: jkt !== undefined };
    },
    forget: () => {
      loot = undefined;
    },
    refresh: async () => {
      if (loot === undefined) return;
      const body = { refresh_token: loot.refresh };
      const response = await sendInAllWays({ method: 'POST', path: '/auth/refresh', body });
      if (!response.ok) return;
      const { access_token: access, refresh_token: refresh } = await response.json();
      loot = { ...loot, access, refresh };
    },
    call: () => get('/customers'),
    check: () => get('/auth/me'),
  };
}
