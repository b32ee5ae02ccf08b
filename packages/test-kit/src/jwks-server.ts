import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { freePort } from '@pair/local-stores';
import type { MintedKey } from './minted-key.ts';
import type { Teardown } from './teardown.ts';

export interface JwksServer {
  url: string;
  /** The number of requests so far. */
  requests: number;
  /** The published keys. A test may change them at any time. */
  keys: MintedKey[];
  /** While it is set, it answers in place of the key set. */
  respond?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Cuts the open connections, and refuses new ones. */
  stop(): Promise<void>;
  /** Listens again after `stop()`, on the same port. */
  start(): Promise<void>;
}

/** Starts an HTTP server that publishes a key set as auth does. */
export async function jwksServer(t: Teardown, keys: MintedKey[]): Promise<JwksServer> {
  let server: Server;
  const port = await freePort();
  const jwks: JwksServer = {
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    requests: 0,
    keys,
    async start() {
      server = createServer((request, response) => {
        jwks.requests += 1;
        (jwks.respond ?? respondWithKeys)(request, response);
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const respondWithKeys = (_request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', 'public, max-age=60');
    response.end(JSON.stringify({ keys: jwks.keys.map((key) => key.publicJwk) }));
  };
  await jwks.start();
  t.teardown(() => jwks.stop());
  return jwks;
}
