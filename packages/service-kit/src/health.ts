import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Names something this process cannot serve without; `check` rejects while it is away. */
    readinessCheck(name: string, check: () => Promise<unknown>): void;
    /** Makes `/readyz` answer 503 from now on: the first step of a shutdown. */
    drain(): void;
  }
}

const CHECK_TIMEOUT_MS = 1_000;
const HealthSchema = Type.Object({
  status: Type.String(),
  checks: Type.Optional(Type.Record(Type.String(), Type.String())),
});

/**
 * `/livez`: this process runs; a failure is a reason to restart it. `/readyz`: its stores answer; a failure is
 * a reason to send it no traffic, and never to restart it. Neither is for the outside: the gateway hides both.
 */
export function addHealthRoutes(app: FastifyInstance): void {
  const checks = new Map<string, () => Promise<unknown>>();
  let draining = false;

  app.decorate('readinessCheck', (name, check) => {
    checks.set(name, check);
  });
  app.decorate('drain', () => {
    draining = true;
  });

  const schema = { hide: true, response: { 200: HealthSchema } };
  app.get('/livez', { schema }, async () => ({ status: 'alive' }));
  app.get('/readyz', { schema }, async () => {
    if (draining) throw notReady('The process is shutting down.');
    const names = [...checks.keys()];
    const results = await Promise.all([...checks.values()].map(withinTimeout));
    const failed = names.filter((_, index) => !results[index]);
    if (failed.length > 0) throw notReady(`Not ready: ${failed.join(', ')}.`);
    return { status: 'ready', checks: Object.fromEntries(names.map((name) => [name, 'ok'])) };
  });
}

function notReady(detail: string): Problem {
  return new Problem(503, 'not_ready', detail, { headers: { 'retry-after': '1' } });
}

async function withinTimeout(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT_MS, false);
  });
  const passed = check().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([passed, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
