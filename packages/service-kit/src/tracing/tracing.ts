import type { FastifyPluginAsync } from 'fastify';
import { type TObject, Type } from 'typebox';
import { loadConfig } from '../config.ts';

/** The callers of a process. */
export interface Callers {
  /**
   * True if a gateway adds X-Forwarded-For to each request of a client. A request without it then comes from another
   * service, whose decision to sample the trace counts.
   */
  isBehindGateway: boolean;
}

/** The traces of a process, for `buildProcess`. */
export interface Tracing {
  /** Makes spans of the requests, and sends them until the process closes. Register it before anything else. */
  plugin: FastifyPluginAsync<Callers>;
  /** Returns the ids for a line in the log: of the span of its `req`, or else of the current span. */
  ids(line: object): { trace_id?: string; span_id?: string };
}

const EndpointSchema = Type.Optional(
  Type.String({
    pattern: '^https?://',
    format: 'url',
    allowed: 'a URL that begins with http:// or https://',
    description: 'the collector of traces, by OTLP over HTTP',
  }),
);
const ProtocolSchema = Type.Optional(
  Type.Union([Type.Literal('http/protobuf'), Type.Literal('http/json')], {
    description: 'the encoding of OTLP',
  }),
);
/** The standard settings whose values this code needs. The SDK itself reads these and the others from `process.env`. */
const TracingConfigSchema = Type.Object({
  OTEL_EXPORTER_OTLP_ENDPOINT: EndpointSchema,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: EndpointSchema,
  OTEL_EXPORTER_OTLP_PROTOCOL: ProtocolSchema,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ProtocolSchema,
  OTEL_TRACES_EXPORTER: Type.Optional(
    Type.Union([Type.Literal('otlp'), Type.Literal('none')], { description: 'the exporter of traces' }),
  ),
});

/**
 * Prepares OpenTelemetry by its standard environment variables. Without the endpoint of a collector it returns undefined,
 * and loads no package of OpenTelemetry.
 *
 * @param serviceName the name in the traces, unless `OTEL_SERVICE_NAME` has another
 * @throws {ConfigError} if a variable has a value that is not supported
 */
export async function tracing(serviceName: string, env: NodeJS.ProcessEnv): Promise<Tracing | undefined> {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  const config = loadConfig(TracingConfigSchema, only(TracingConfigSchema, env));
  const endpoint = config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || config.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const { createTracing } = await import('./opentelemetry.ts');
  return createTracing(
    serviceName,
    config.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? config.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf',
  );
}

/** Leaves out NAME_FILE, which the SDK does not read. */
function only(schema: TObject, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.keys(schema.properties).map((name) => [name, env[name]]));
}
