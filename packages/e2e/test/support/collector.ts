import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import type { Teardown } from '@pair/test-kit';

/** A span as a collector receives it. */
export interface Span {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  kind: 'server' | 'client' | 'other';
  isError: boolean;
  attributes: Record<string, unknown>;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

/** A member of an OTLP span in JSON. An absent one is empty. */
interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  kind: number;
  status: { code?: number };
  attributes: Attribute[];
}

interface OtlpTraces {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const KINDS: Record<number, Span['kind']> = { 2: 'server', 3: 'client' };
const ERROR = 2;

/** A collector of OTLP over HTTP that keeps all requests. */
export async function startCollector(t: Teardown) {
  const received: { path: string; type: string; body: Buffer }[] = [];
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { url: path = '', headers } = request;
    received.push({ path, type: headers['content-type'] ?? '', body: Buffer.concat(chunks) });
    response.writeHead(200, { 'content-type': headers['content-type'] }).end();
  };
  const url = await listening(t, createServer(listener));
  return {
    url,
    received,
    spans: () =>
      received
        .filter(({ type }) => type === 'application/json')
        .flatMap(({ body }) => spansOf(JSON.parse(body.toString()))),
  };
}

/** A collector that accepts connections, and answers each byte with `answer`, or never. */
export function startBrokenCollector(t: Teardown, answer?: string): Promise<string> {
  return listening(
    t,
    createTcpServer((socket) => {
      t.teardown(() => socket.destroy());
      socket.on('error', () => {}).on('data', () => answer !== undefined && socket.end(answer));
    }),
  );
}

async function listening(t: Teardown, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function spansOf({ resourceSpans }: OtlpTraces): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service,
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState ?? '',
        kind: KINDS[span.kind] ?? 'other',
        isError: span.status.code === ERROR,
        attributes: valuesOf(span.attributes),
      })),
    );
  });
}

function valuesOf(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
