import { defaultTextMapGetter, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import t from 'tap';
import { CallerContext, sampler, standardDecision } from '../../src/tracing/sampling.ts';

/** A sampler that decides by the trace id samples this one at each ratio above zero. */
const TRACE_ID = '00000000000000000000000000000001';
const FROM_CLIENT = { 'x-forwarded-for': '203.0.113.7' };

/** A process with these settings. */
function processWith(name: string, ratio: string, isBehindGateway = true) {
  process.env.OTEL_TRACES_SAMPLER = name;
  process.env.OTEL_TRACES_SAMPLER_ARG = ratio;
  const decide = standardDecision();
  const tracer = new NodeTracerProvider({ sampler: sampler(decide) }).getTracer('test');
  const callers = new CallerContext(decide, { isBehindGateway });
  return {
    /** Makes the span of a request, and a span below it. */
    request(flag: string | undefined, headers = {}) {
      const traceparent = flag && { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-${flag}` };
      const carrier = { ...traceparent, tracestate: 'vendor=value', ...headers };
      const context = callers.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
      const span = tracer.startSpan('request', {}, context);
      const child = tracer.startSpan('statement', {}, trace.setSpan(context, span)).spanContext();
      return { ...span.spanContext(), child };
    },
    isSampled(flag: string | undefined, headers = {}) {
      const { traceFlags, child } = this.request(flag, headers);
      if (child.traceFlags !== traceFlags) throw new Error('a trace is sampled as a whole');
      return traceFlags === TraceFlags.SAMPLED;
    },
  };
}

t.test('the flag of a client neither forces nor hides its trace', async (t) => {
  for (const name of ['parentbased_traceidratio', 'traceidratio']) {
    for (const flag of ['00', '01', undefined]) {
      t.equal(processWith(name, '0').isSampled(flag, FROM_CLIENT), false, `${name}: ${flag}`);
      t.equal(processWith(name, '1').isSampled(flag, FROM_CLIENT), true, `${name}: ${flag}`);
    }
  }
});

t.test('the trace id of a client does not decide either', async (t) => {
  for (const name of ['parentbased_traceidratio', 'traceidratio']) {
    const each = processWith(name, '0.5');
    const count = Array.from({ length: 400 }, () => each.isSampled('01', FROM_CLIENT)).filter(Boolean).length;
    t.ok(count > 100 && count < 300, `${name}: ${count} of 400`);
  }
});

t.test('the flag of another service counts, behind a gateway', async (t) => {
  t.equal(processWith('parentbased_traceidratio', '0').isSampled('01'), true);
  t.equal(processWith('parentbased_traceidratio', '1').isSampled('00'), false);
  const withoutGateway = processWith('parentbased_traceidratio', '0', false);
  t.equal(withoutGateway.isSampled('01'), false, 'without a gateway any caller may be a client');
});

t.test('always_on and always_off decide for all clients, and all is the default', async (t) => {
  t.equal(processWith('always_on', '').isSampled('00', FROM_CLIENT), true);
  t.equal(processWith('always_off', '').isSampled('01', FROM_CLIENT), false);
  t.equal(processWith('', '').isSampled('00', FROM_CLIENT), true);
});

t.test('a span has the trace id of its caller, and no tracestate', async (t) => {
  for (const headers of [FROM_CLIENT, {}]) {
    const { traceId, traceState, child } = processWith('', '').request('01', headers);
    t.equal(traceId, TRACE_ID);
    t.equal(traceState, undefined);
    t.equal(child.traceState, undefined);
  }
});
