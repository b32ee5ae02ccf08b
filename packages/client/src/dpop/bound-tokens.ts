import { calculateThumbprint, generateKeyPair, type KeyPair } from 'dpop';
import type { ApiError } from '../api-error.ts';
import type { TokenStorage } from '../tokens.ts';
import type { Dpop } from './dpop.ts';
import { keyDatabase } from './key-database.ts';
import { callProofs } from './proofs.ts';

const INSECURE = 'DPoP needs the Web Crypto API: open the page by HTTPS, or from localhost.';
const NOT_BOUND = {
  code: 'token_not_bound',
  detail:
    'The services ignore the proof, and issue Bearer tokens. Update them, or leave out the option `dpop`.',
};

const all = new WeakMap<TokenStorage, Dpop>();

/** Returns the same object for the same storage: clients that share tokens share their keys too, and the nonces. */
export function boundTokens(tokens: TokenStorage, error: typeof ApiError): Dpop {
  const bound = all.get(tokens) ?? bind(tokens, error);
  all.set(tokens, bound);
  return bound;
}

/**
 * Keeps a key for each sign-in, under its thumbprint, for as long as the storage has tokens that are bound to it. So no tab
 * removes or replaces a key that tokens of another sign-in need, and no two sign-ins have a key by which they could be linked.
 */
function bind(tokens: TokenStorage, Refusal: typeof ApiError): Dpop {
  const { keys: place = new Map<string, KeyPair>() } = tokens;
  const keys = place === 'indexedDB' ? keyDatabase : place;
  /** The keys that were created or read here. */
  const known = new Map<string, KeyPair>();
  const nonces = new Map<string, string>();

  const keyOf = async (jkt: string): Promise<KeyPair | undefined> => {
    const key = known.get(jkt) ?? (await keys.get(jkt));
    if (key !== undefined) known.set(jkt, key);
    return key;
  };

  return {
    async get() {
      const stored = await tokens.get();
      return stored?.jkt !== undefined && (await keyOf(stored.jkt)) ? stored : undefined;
    },

    /** Tabs that see tokens must find their key: it comes before them, and goes after them. */
    async set(next) {
      const [before, after] = [(await tokens.get())?.jkt, next?.jkt];
      const key = known.get(after ?? '');
      if (after !== undefined && after !== before && key !== undefined) await keys.set(after, key);
      await tokens.set(next);
      if (before === undefined || before === after) return;
      known.delete(before);
      await keys.delete(before);
    },

    async createKey() {
      if (globalThis.crypto?.subtle === undefined) throw new Error(INSECURE);
      const key = await generateKeyPair('ES256');
      const jkt = await calculateThumbprint(key.publicKey);
      known.set(jkt, key);
      return jkt;
    },

    async send(send, { jkt, accessToken }, method, path, init) {
      const key = await keyOf(jkt);
      // the user has signed out meanwhile: the services refuse the request, as they refuse a revoked token
      if (key === undefined) return send(method, path, init);
      const sent = await send(method, path, { ...init, proofs: callProofs(nonces, key, accessToken) });
      if (accessToken !== undefined || !isUnbound(sent.data)) return sent;
      const { refresh_token } = sent.data as { refresh_token?: string };
      // a refresh can be repeated for some seconds; the tokens of a sign-in would stay valid, without a holder
      if (path === '/auth/login')
        await send('POST', '/auth/logout', { body: { refresh_token } }).catch(() => undefined);
      throw new Refusal(sent.response, NOT_BOUND);
    },
  };
}

/** True for Bearer tokens (RFC 9449 §5). The case of a type makes no difference (RFC 6749 §5.1). */
function isUnbound(data: unknown): boolean {
  const answer = data as { access_token?: unknown; token_type?: unknown } | undefined;
  return answer?.access_token !== undefined && `${answer.token_type}`.toLowerCase() !== 'dpop';
}
