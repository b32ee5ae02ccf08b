import { buildProcess } from '@pair/service-kit';
import { metricsOf, mintProofKey, waitFor } from '@pair/test-kit';
import type { FastifyInstance } from 'fastify';
import t, { type Test } from 'tap';
import { authService } from '../src/index.ts';
import { ADMIN, post, startAuth } from './support/auth-under-test.ts';

async function measuredAuth(t: Test) {
  const { config } = await startAuth(t);
  const app = await buildProcess(
    { LOG_LEVEL: 'info', TRUSTED_PROXIES: [], CORS_ORIGINS: [], METRICS_PORT: 0 },
    [authService(config)],
    { logStream: { write: () => {} } },
  );
  t.teardown(() => app.close());
  await app.ready();
  await waitFor(async () => (await app.inject('/readyz')).statusCode === 200);
  return app;
}

async function boundRefreshToken(app: FastifyInstance): Promise<string> {
  const key = mintProofKey();
  const signIn = (nonce: string) => {
    const dpop = key.prove({ method: 'POST', url: 'http://localhost:8080/auth/login', nonce });
    return app.inject({ method: 'POST', url: '/auth/login', payload: ADMIN, headers: { dpop } });
  };
  let nonce: unknown;
  await waitFor(async () => {
    nonce = (await signIn('unknown')).headers['dpop-nonce'];
    return nonce !== undefined;
  });
  return (await signIn(String(nonce))).json().refresh_token;
}

t.test('sign-ins, refreshes and sessions are counted by outcome and cause', async (t) => {
  const app = await measuredAuth(t);
  const before = await metricsOf(app);
  t.equal(
    before('auth_security_events_total{event="sign_in",outcome="refused"}'),
    0,
    'a rate needs the zero',
  );
  t.equal(before('auth_sessions_ended_total{cause="refresh_token_reused"}'), 0);

  const signIn = () => post(app, '/auth/login', ADMIN).then((answer) => answer.json());
  const refresh = (refresh_token: string) => post(app, '/auth/refresh', { refresh_token });
  await post(app, '/auth/login', { ...ADMIN, password: 'wrong' });
  const { refresh_token: first } = await signIn();
  const { refresh_token: second } = (await refresh(first)).json();
  await refresh(first); // within the window
  const { refresh_token: third } = (await refresh(second)).json();
  await refresh(third);
  await refresh(first); // consumed twice since
  await refresh('rt_unknown');
  const { access_token, refresh_token } = await signIn();
  await post(app, '/auth/logout', { refresh_token });
  await signIn();
  await post(app, '/auth/logout-all', undefined, (await signIn()).access_token);
  t.ok(access_token);
  await refresh(await boundRefreshToken(app)); // without its key

  const after = await metricsOf(app);
  const expected: Record<string, number> = {
    'auth_security_events_total{event="sign_in",outcome="refused"}': 1,
    'auth_security_events_total{event="sign_in",outcome="succeeded"}': 5,
    'auth_security_events_total{event="refresh_token_reused",outcome="refused"}': 1,
    auth_sessions_begun_total: 5,
    'auth_sessions_ended_total{cause="signed_out"}': 1,
    'auth_sessions_ended_total{cause="all_of_user"}': 2,
    'auth_sessions_ended_total{cause="refresh_token_reused"}': 1,
    'auth_refreshes_total{outcome="rotated"}': 3,
    'auth_refreshes_total{outcome="repeated"}': 1,
    'auth_refreshes_total{outcome="reuse"}': 1,
    'auth_refreshes_total{outcome="without_key"}': 1,
    'auth_security_events_total{event="refresh_token_without_key",outcome="refused"}': 1,
  };
  for (const [series, value] of Object.entries(expected)) t.equal(after(series), value, series);
});

t.test('keys, hashes, the feed, statements and commands are measured', async (t) => {
  const app = await measuredAuth(t);
  const { refresh_token } = (await post(app, '/auth/login', ADMIN)).json();
  await post(app, '/auth/logout', { refresh_token });
  const feedDelays = 'revocation_feed_delay_seconds_count{service="auth"}';
  await waitFor(async () => ((await metricsOf(app))(feedDelays) ?? 0) > 0);
  const value = await metricsOf(app);
  t.equal(value('auth_signing_keys{state="active"}'), 1);
  t.equal(value('auth_signing_keys{state="next"}'), 1);
  t.ok((value('auth_signing_key_next_rotation_seconds') ?? 0) > 29 * 86_400);
  t.ok((value('auth_signing_keys_load_age_seconds') ?? 99) < 30);
  t.equal(value('auth_password_hashes{state="limit"}'), 100);
  t.equal(value('auth_password_hashes{state="waiting"}'), 0);
  t.equal(value('auth_audit_events_only_logged_total'), 0);
  t.equal(value('revocation_feed_entries{service="auth"}'), 1);
  t.equal(value('revocation_feed_fresh{service="auth"}'), 1);
  t.ok((value('revocation_feed_age_seconds{service="auth"}') ?? 99) < 5);
  t.ok((value('revocation_feed_delay_seconds_sum{service="auth"}') ?? 99) < 5);
  const operations = (system: string, operation: string) =>
    value(
      `db_client_operation_duration_seconds_count{db_system_name="${system}",db_operation_name="${operation}",error_type=""}`,
    ) ?? 0;
  t.ok(operations('postgresql', 'SELECT') > 0);
  t.ok(operations('redis', 'evalsha') > 0);
  const pool = 'db_client_connection_pool_name="auth"';
  t.equal(value(`db_client_connection_max{${pool}}`), 10);
  t.equal(value(`db_client_connection_pending_requests{${pool}}`), 0);
});
