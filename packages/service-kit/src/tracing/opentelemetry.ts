// Loads the packages of OpenTelemetry: tracing.ts imports this file only if traces are on.
import { createRequire } from 'node:module';
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { withinListening } from '../stores/silence.ts';
import { troubleLog } from '../trouble-log.ts';
import { type Protocol, traceExporter } from './exporter.ts';
import { CallerContext, sampler, standardDecision } from './sampling.ts';
import type { Callers, Tracing } from './tracing.ts';

/** The longest wait for the last spans at the end of a process, a part of the ten seconds that it may take. */
const LAST_EXPORT_LIMIT_MS = 2_000;
const HEALTH_PATHS = ['/livez', '/readyz'];

export function createTracing(serviceName: string, protocol: Protocol): Tracing {
  return {
    plugin: fp(
      async (app: FastifyInstance, callers: Callers) => {
        const provider = startExporting(app.log, serviceName, protocol, callers);
        app.addHook('onClose', async () => {
          await withinListening(
            provider.shutdown().catch(() => {}),
            LAST_EXPORT_LIMIT_MS,
          );
        });
        traceClients();
        await app.register(requests().plugin());
        // the parser of a body reads it outside of the request's context
        app.addHook('preValidation', (request, _reply, done) => {
          const { context: spanContext } = request.opentelemetry();
          if (spanContext === null) done();
          else context.with(spanContext, done);
        });
      },
      { name: 'tracing' },
    ),
    ids: ({ req }: { req?: FastifyRequest }) => {
      // a line about a broken connection is written outside of the request's context
      const span = trace.getSpanContext(req?.opentelemetry().context ?? context.active());
      return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
    },
  };
}

function startExporting(
  log: FastifyBaseLogger,
  serviceName: string,
  protocol: Protocol,
  callers: Callers,
): NodeTracerProvider {
  const trouble = troubleLog(log, {
    began: 'traces cannot be sent',
    over: 'traces can be sent again',
  });
  const failed = (error: unknown) => trouble.note(error, { kind: 'failed' });
  const decide = standardDecision(); // before the logger: the provider below reads the same settings, and reports an error
  diag.setLogger(errorsTo(log), { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  setGlobalErrorHandler(failed); // by default it would log each failure
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': serviceName }))
      .merge(detectResources({ detectors: [envDetector, serviceInstanceIdDetector] })),
    sampler: sampler(decide),
    spanProcessors: [new BatchSpanProcessor(traceExporter(protocol, { sent: trouble.over, failed }))],
  });
  provider.register({ propagator: new CallerContext(decide, callers) });
  return provider;
}

/** Logs errors alone, such as an invalid value of a setting: the other reports repeat with each export. */
function errorsTo(log: FastifyBaseLogger) {
  const ignore = () => {};
  return {
    error: (text: string) => log.error(`OpenTelemetry: ${text}`),
    warn: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
  };
}

/**
 * Makes spans of calls of `fetch`, and of statements and commands of requests. Statements and commands of background work
 * have no span, because they would be most of the spans.
 */
function traceClients(): void {
  new PgInstrumentation({ requireParentSpan: true, enhancedDatabaseReporting: false });
  new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command });
  new UndiciInstrumentation();
  // They change the classes when `require` loads them. ES modules have loaded them already, and share the same classes.
  const require = createRequire(import.meta.url);
  for (const name of ['pg', 'ioredis']) require(name);
  createRequire(require.resolve('pg'))('pg-pool');
}

function requests(): FastifyOtelInstrumentation {
  return new FastifyOtelInstrumentation({
    ignorePaths: ({ url }) => HEALTH_PATHS.includes(url),
    requestHook: (span, { method, routeOptions: { url } }) => {
      span.updateName(url === undefined ? method : `${method} ${url}`);
    },
    recordExceptions: false,
    // the span of a request suffices
    instrumentHooks: false,
    instrumentHandler: false,
  });
}
