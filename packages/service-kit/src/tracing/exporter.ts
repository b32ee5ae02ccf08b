import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

export type Protocol = 'http/protobuf' | 'http/json';

/**
 * The attributes that leave the process; none has a value of a request. So an instrumentation that records more, after an
 * update for example, discloses nothing. A statement has placeholders in place of its parameters.
 */
const ATTRIBUTES = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.type',
  'server.address',
  'server.port',
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.query.text',
]);

/** Sends spans by OTLP, without values of requests, and reports the result of each export. */
export function traceExporter(
  protocol: Protocol,
  on: { sent: () => void; failed: (error: unknown) => void },
): SpanExporter {
  const exporter = protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
  return {
    export: (spans, done) =>
      exporter.export(spans.map(withoutValues), (result) => {
        if (result.code === ExportResultCode.SUCCESS) on.sent();
        else on.failed(result.error);
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Leaves out the events and the text of an error, because the text may repeat a value. The log has it, with the same ids. */
export function withoutValues(span: ReadableSpan): ReadableSpan {
  const attributes: Attributes = {};
  for (const name in span.attributes) if (ATTRIBUTES.has(name)) attributes[name] = span.attributes[name];
  return Object.create(span, {
    attributes: { value: attributes },
    events: { value: [] },
    status: { value: { code: isRefusal(span) ? SpanStatusCode.UNSET : span.status.code } },
  });
}

/** The client is at fault, so the span of the server is no error (semantic conventions for HTTP). */
function isRefusal({ kind, attributes }: ReadableSpan): boolean {
  return kind === SpanKind.SERVER && Number(attributes['http.response.status_code']) < 500;
}
