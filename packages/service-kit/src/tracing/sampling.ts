import {
  type Context,
  defaultTextMapGetter,
  type TextMapGetter,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  NodeTracerProvider,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
} from '@opentelemetry/sdk-trace-node';
import type { Callers } from './tracing.ts';

/** Returns the flags of a trace that begins now. */
export type Decide = () => TraceFlags;

/** Decides by `OTEL_TRACES_SAMPLER`. The SDK exports no function that reads it, so a span of another provider decides. */
export function standardDecision(): Decide {
  const tracer = new NodeTracerProvider().getTracer('sampling');
  return () => tracer.startSpan('trace', { root: true }).spanContext().traceFlags;
}

/**
 * Decides once, where a trace begins; all other spans follow their parent. A sampler that decides by the trace id would let
 * a client decide, because the client chooses that id.
 */
export function sampler(decide: Decide): Sampler {
  return new ParentBasedSampler({
    root: {
      shouldSample: () => ({
        decision:
          decide() === TraceFlags.SAMPLED ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
      }),
      toString: () => 'StandardDecision',
    },
  });
}

/**
 * Takes the ids of `traceparent` from each caller, and its flag from another service alone: a client could otherwise have all
 * its requests traced, or none. `tracestate` is a text of the caller, so it goes nowhere.
 */
export class CallerContext extends W3CTraceContextPropagator {
  readonly #decide: Decide;
  readonly #isBehindGateway: boolean;

  constructor(decide: Decide, { isBehindGateway }: Callers) {
    super();
    this.#decide = decide;
    this.#isBehindGateway = isBehindGateway;
  }

  override extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const traceparent = getter.get(carrier, 'traceparent');
    const extracted = super.extract(context, { traceparent }, defaultTextMapGetter);
    const caller = trace.getSpanContext(extracted);
    // the gateway adds the header to each request of a client; a service that calls another passes no gateway
    const isService = this.#isBehindGateway && getter.get(carrier, 'x-forwarded-for') === undefined;
    if (caller === undefined || isService) return extracted;
    return trace.setSpanContext(context, { ...caller, traceFlags: this.#decide() });
  }
}
