import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PROBLEM_CONTENT_TYPE, Problem, problemBody } from './problems/problem.ts';
import { withinListening } from './stores/silence.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds a part that the service cannot serve without. `check` rejects while that part is away or refuses the work. */
    readinessCheck(service: string, part: string, check: () => Promise<unknown>): void;
    /** Runs all checks. Concurrent callers share one round. */
    checkReadiness(): Promise<ReadinessResult[]>;
    /** Makes `/readyz` answer 503 from now on: the first step of a shutdown. */
    drain(): void;
    isDraining(): boolean;
  }
}

export interface ReadinessResult {
  service: string;
  part: string;
  /** Undefined when the check passes, `NO_ANSWER` when it neither passes nor fails within a second. */
  failure: string | undefined;
}

/** Adds `/livez` and `/readyz` to a listener of the process. */
export type HealthRoutes = (listener: FastifyInstance) => void;

export const NO_ANSWER = 'no answer in time';
const CHECK_LIMIT_MS = 1_000;
const HealthSchema = Type.Object({
  status: Type.String(),
  checks: Type.Optional(Type.Record(Type.String(), Type.String())),
});

/**
 * Adds the checks of the process. The returned function adds the routes: `/livez` says that this process runs: its failure is
 * a reason to restart the process. `/readyz` says that its stores answer: its failure is a reason to send no traffic, and
 * never to restart. The gateway hides both from the public.
 */
export function addHealth(app: FastifyInstance): HealthRoutes {
  const checks: { service: string; part: string; check: () => Promise<unknown> }[] = [];
  let draining = false;
  let failing = '';
  let results: ReturnType<FastifyInstance['checkReadiness']> | undefined;

  app.decorate('readinessCheck', (service, part, check) => {
    checks.push({ service, part, check });
  });
  app.decorate('checkReadiness', () => {
    // a check may write to a disk, and any client may call `GET /status`
    results ??= Promise.all(
      checks.map(async ({ service, part, check }) => ({ service, part, failure: await failureOf(check) })),
    ).finally(() => {
      results = undefined;
    });
    return results;
  });
  app.decorate('drain', () => {
    draining = true;
  });
  app.decorate('isDraining', () => draining);

  async function readyz(request: FastifyRequest, reply: FastifyReply) {
    if (draining) return refuse(request, reply, 'The process is shutting down.');
    const results = await app.checkReadiness();
    const failed = results.filter(({ failure }) => failure !== undefined);
    const names = failed.map(nameOf).join(', ');
    if (names !== failing) {
      // one line for each change, not for each request: repetition must not push the first cause out of the log
      if (names === '') app.log.info('ready again');
      else
        app.log.warn(
          { reasons: Object.fromEntries(failed.map((result) => [nameOf(result), result.failure])) },
          `Not ready: ${names}.`,
        );
      failing = names;
    }
    if (names !== '') return refuse(request, reply, `Not ready: ${names}.`);
    return { status: 'ready', checks: Object.fromEntries(results.map((result) => [nameOf(result), 'ok'])) };
  }

  const schema = { hide: true, response: { 200: HealthSchema } };
  return (listener) => {
    listener.get('/livez', { schema }, async () => ({ status: 'alive' }));
    listener.get('/readyz', { schema }, readyz);
  };
}

function nameOf({ service, part }: ReadinessResult): string {
  return `${service}: ${part}`;
}

/** Sends the problem instead of throwing it: the error handler would log each thrown 503. */
function refuse(request: FastifyRequest, reply: FastifyReply, detail: string): FastifyReply {
  const problem = new Problem(503, 'not_ready', detail);
  return reply
    .code(503)
    .headers({ 'retry-after': '1', 'cache-control': 'no-store', 'content-type': PROBLEM_CONTENT_TYPE })
    .send(problemBody(problem, request.id, request.url));
}

/** The reason why a check fails; undefined when it passes. */
async function failureOf(check: () => Promise<unknown>): Promise<string | undefined> {
  const result = check().then(
    () => '',
    (error: unknown) => (error instanceof Error ? rootCause(error).message : String(error)),
  );
  const reason = await withinListening(result, CHECK_LIMIT_MS);
  return reason === undefined ? NO_ANSWER : reason || undefined;
}

function rootCause(error: Error): Error {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}
