import { mintProofKey, type ProofKey, waitFor } from '@pair/test-kit';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { calculateJwkThumbprint } from 'jose';
import type { AuthUnderTest } from './auth-under-test.ts';
import { form } from './oauth.ts';

export interface DpopRequest {
  /** The app to send to; the first process by default. */
  via?: FastifyInstance;
  /** In the Authorization header, with the scheme DPoP; the proof is for this token. */
  accessToken?: string;
  /** The proof in place of a right one; null for none. */
  proof?: string | null;
  headers?: Record<string, string>;
}

/** A client that proves a key. */
export interface DpopClient {
  key: ProofKey;
  /** The thumbprint of the key, as another library computes it. */
  jkt: string;
  /** Returns a right proof, with the newest nonce; `claims` overrides its claims. */
  prove(method: string, path: string, options?: { accessToken?: string; claims?: object }): string;
  get(path: string, options?: DpopRequest): Promise<LightMyRequestResponse>;
  post(path: string, payload?: object, options?: DpopRequest): Promise<LightMyRequestResponse>;
  postForm(
    path: string,
    fields: Record<string, string>,
    options?: DpopRequest,
  ): Promise<LightMyRequestResponse>;
}

/** Creates a client with a key of its own. Resolves when the process knows a nonce. */
export async function dpopClient({ app, within, config }: AuthUnderTest): Promise<DpopClient> {
  const key = mintProofKey();
  const { nonces } = within.revocationFeed;
  await waitFor(() => nonces.newest() !== undefined);
  const jkt = await calculateJwkThumbprint(key.jwk);

  const prove: DpopClient['prove'] = (method, path, { accessToken, claims } = {}) =>
    key.prove(
      {
        method,
        url: config.ISSUER + path,
        nonce: nonces.newest() ?? '',
        ...(accessToken !== undefined && { accessToken }),
      },
      claims,
    );

  function send(
    method: 'GET' | 'POST',
    path: string,
    payload: object | string | undefined,
    { via = app, accessToken, proof, headers }: DpopRequest,
  ): Promise<LightMyRequestResponse> {
    const sent =
      proof === undefined ? prove(method, path, accessToken === undefined ? {} : { accessToken }) : proof;
    return via.inject({
      method,
      url: path,
      ...(payload !== undefined && { payload }),
      headers: {
        ...(accessToken !== undefined && { authorization: `DPoP ${accessToken}` }),
        ...(sent !== null && { dpop: sent }),
        ...headers,
      },
    });
  }

  return {
    key,
    jkt,
    prove,
    get: (path, options = {}) => send('GET', path, undefined, options),
    post: (path, payload, options = {}) => send('POST', path, payload, options),
    postForm: (path, fields, options = {}) =>
      send('POST', path, form(fields), {
        ...options,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...options.headers },
      }),
  };
}
