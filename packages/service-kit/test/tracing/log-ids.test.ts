import { Readable } from 'node:stream';
import { waitFor } from '@pair/test-kit';
import t from 'tap';
import { tracing } from '../../src/index.ts';
import { exchange, listening, startedProcess } from '../support/process.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

t.test('each line about a request has the ids of its span, also after its context is lost', async (t) => {
  // spans that are not sampled have ids too, and no collector gets them
  process.env.OTEL_TRACES_SAMPLER = 'always_off';
  const traces = await tracing('test', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' });
  const { app, logged } = await startedProcess(
    t,
    [
      async (app) => {
        app.post('/fails', async () => {
          throw new Error('of the handler');
        });
        app.post('/breaks', async (_request, reply) => {
          const answer = new Readable({ read() {} });
          answer.push('begun');
          setTimeout(() => answer.destroy(new Error('of the stream')), 20);
          return reply.send(answer);
        });
      },
    ],
    {},
    { tracing: traces },
  );
  const port = await listening(app);
  // not `fetch`, which has spans of its own in this process
  const post = (path: string) =>
    exchange(
      port,
      `POST ${path} HTTP/1.1\r\nHost: a\r\nTraceparent: 00-${TRACE_ID}-b7ad6b7169203331-01\r\nConnection: close\r\n` +
        'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    );
  await post('/fails');
  await post('/breaks');
  const lines = () => logged().filter(({ msg }) => /internal_error|broke off/.test(String(msg)));
  await waitFor(() => lines().length === 2);
  for (const line of lines()) {
    t.match(line, { trace_id: TRACE_ID, span_id: /^[0-9a-f]{16}$/, request_id: String }, String(line.msg));
  }
  t.notMatch(logged()[0], { trace_id: String }, 'a line about no request has no ids');
});
