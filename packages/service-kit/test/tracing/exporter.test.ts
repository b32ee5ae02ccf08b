import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import t from 'tap';
import { withoutValues } from '../../src/tracing/exporter.ts';

const spans = new InMemorySpanExporter();
const tracer = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer('test');

/** Ends a span of this kind, with an error, and returns it as it leaves the process. */
function failed(kind: SpanKind, attributes: Record<string, string | number>) {
  const span = tracer.startSpan('GET /customers', { kind, attributes });
  span.recordException(Object.assign(new Error('Key (username)=(ada) exists'), { detail: 'ada' }));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'invalid input syntax: "ada"' });
  span.end();
  const [ended] = spans.getFinishedSpans().splice(0);
  if (ended === undefined) throw new Error('no span');
  return withoutValues(ended);
}

t.test(
  'a span keeps no text of an error, and only the attributes that have no values of requests',
  async (t) => {
    const span = failed(SpanKind.CLIENT, {
      'db.query.text': 'SELECT $1',
      'url.full': 'http://auth/?code=ada',
      'db.postgresql.values': 'ada',
      'http.request.header.cookie': 'ada',
    });
    t.same(span.attributes, { 'db.query.text': 'SELECT $1' });
    t.same(span.events, []);
    t.same(span.status, { code: SpanStatusCode.ERROR });
    t.equal(span.name, 'GET /customers');
  },
);

t.test('the span of a server is an error only if the server is at fault', async (t) => {
  const statusOf = (kind: SpanKind, status: number) =>
    failed(kind, { 'http.response.status_code': status }).status.code;
  t.equal(statusOf(SpanKind.SERVER, 404), SpanStatusCode.UNSET);
  t.equal(statusOf(SpanKind.SERVER, 503), SpanStatusCode.ERROR);
  t.equal(statusOf(SpanKind.CLIENT, 404), SpanStatusCode.ERROR);
});
