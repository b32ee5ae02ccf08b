import net, { type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { buildProcess, type ProcessConfig, type Tracing } from '../../src/index.ts';

export interface TestProcess {
  app: FastifyInstance;
  /** The lines of the log, parsed. */
  logged(): Record<string, unknown>[];
  rawLog(): string;
}

interface Scope {
  teardown(fn: () => unknown): void;
}

/** Builds a process as in production, with a log that the test can read. */
export async function startedProcess(
  t: Scope,
  services: FastifyPluginAsync[],
  config: Partial<ProcessConfig> = {},
  options: { hostNames?: string[]; tracing?: Tracing | undefined } = {},
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

/** Listens on a free port of the loopback interface. */
export async function listening(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** Sends the bytes and returns everything that the server sends until it closes the connection. */
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
