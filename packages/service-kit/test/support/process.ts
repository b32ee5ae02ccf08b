import net, { type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { buildProcess, type ProcessConfig } from '../../src/index.ts';

export interface TestProcess {
  app: FastifyInstance;
  /** Everything that was logged, a line for each. */
  logged(): Record<string, unknown>[];
  rawLog(): string;
}

interface Scope {
  teardown(fn: () => unknown): void;
}

/** A process as in production, but for where its log goes. */
export async function startedProcess(
  t: Scope,
  services: FastifyPluginAsync[],
  config: Partial<ProcessConfig> = {},
  options: { hostNames?: string[] } = {},
): Promise<TestProcess> {
  let log = '';
  const logStream = new Writable({
    write(chunk, _encoding, done) {
      log += chunk;
      done();
    },
  });
  const defaults = { LOG_LEVEL: 'info' as const, TRUSTED_PROXIES: [], CORS_ORIGINS: [] };
  const app = await buildProcess({ ...defaults, ...config }, services, { ...options, logStream });
  t.teardown(() => app.close());
  const rawLog = () => log;
  const logged = () =>
    log
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { app, logged, rawLog };
}

/** Listens on a free port of the loopback. */
export async function listening(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** Sends these bytes and gives everything that comes back until the server closes. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
