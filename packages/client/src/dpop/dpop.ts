import type { ApiError } from '../api-error.ts';
import type { Init, Send, Sent } from '../send.ts';
import type { TokenStorage, Tokens } from '../tokens.ts';

/** Binds tokens to keys: DPoP (RFC 9449). */
export interface Dpop {
  /** Reads the tokens; tokens without a key that is there count as none. */
  get(): Promise<Tokens | undefined>;
  /** Stores tokens, with the key to which they are bound. */
  set(tokens: Tokens | undefined): Promise<void>;
  /** Creates the key of a sign-in. Returns its thumbprint (RFC 7638). */
  createKey(): Promise<string>;
  /**
   * Sends a request with proofs by a key.
   *
   * @param accessToken the token of the request; without one the request is for tokens
   * @throws ApiError `token_not_bound` if the answer has Bearer tokens
   */
  send(send: Send, key: { jkt: string; accessToken?: string }, ...request: Parameters<Send>): Promise<Sent>;
}

/** The proofs of one call, which may need several attempts. */
export interface CallProofs {
  /** Sends one attempt with a proof of its own, and notes the nonce in the answer. */
  sendWithProof(request: Request, fetch: NonNullable<Init['fetch']>): Promise<Response>;
  /** True, once a call, if another attempt with another proof can help against the refusal. */
  mayRepeatAfter(code: string, isIdempotent: boolean): boolean;
}

/**
 * Loads the code and its dependency with the first use: a client without DPoP never loads them. That code gets the class from
 * here, because a file that both share would be a third one to load.
 */
export function lazyDpop(tokens: TokenStorage, error: typeof ApiError): Dpop {
  const lazily =
    (name: keyof Dpop) =>
    async (...args: unknown[]) => {
      const { boundTokens } = await import('./bound-tokens.ts');
      return (boundTokens(tokens, error)[name] as (...args: unknown[]) => unknown)(...args);
    };
  return {
    get: lazily('get'),
    set: lazily('set'),
    createKey: lazily('createKey'),
    send: lazily('send'),
  } as Dpop;
}
