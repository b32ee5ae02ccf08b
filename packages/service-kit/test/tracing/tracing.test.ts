import t from 'tap';
import { ConfigError, tracing } from '../../src/index.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

t.test('traces are off without an endpoint, and if a standard variable disables them', async (t) => {
  for (const env of [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '', OTEL_SERVICE_NAME: 'auth' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_EXPORTER_OTLP_ENDPOINT_FILE: '/nowhere' },
  ]) {
    t.equal(await tracing('auth', env), undefined);
  }
});

t.test('a value that is not supported is one sentence, which names the supported ones', async (t) => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  const failure = tracing('auth', endpoint);
  await t.rejects(failure, ConfigError);
  await t.rejects(
    failure,
    /OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that begins with http:\/\/ or https:\/\//,
  );
  await t.rejects(failure, /OTEL_EXPORTER_OTLP_PROTOCOL must be one of http\/protobuf, http\/json/);
  await t.rejects(
    tracing('auth', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'console' }),
    /OTEL_TRACES_EXPORTER must be one of otlp, none/,
  );
});

t.test('either endpoint turns traces on', async (t) => {
  t.ok(await tracing('auth', ENDPOINT));
  const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/traces' };
  const traces = await tracing('auth', { ...own, OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'otlp' });
  t.same(traces?.ids({}), {}, 'outside of a span a line has no ids');
});
