import { buildProcess } from '@pair/service-kit';
import { t } from 'tap';
import { status } from '../src/status.ts';

const passes = async () => {};
const refuses = () => Promise.reject(new Error('connect ECONNREFUSED'));
const isSilent = () => new Promise(() => {});

t.test('a service that waits for a store is slow, one whose store refuses is down', async (t) => {
  for (const [checks, expected] of [
    [
      { 'auth: a': passes, 'customers: a': passes },
      { auth: 'up', customers: 'up' },
    ],
    [
      { 'auth: a': isSilent, 'customers: a': passes },
      { auth: 'slow', customers: 'up' },
    ],
    [
      { 'auth: a': passes, 'customers: a': refuses },
      { auth: 'up', customers: 'down' },
    ],
    [
      { 'auth: a': isSilent, 'auth: b': refuses, 'customers: a': isSilent },
      { auth: 'down', customers: 'slow' },
    ],
  ] as const) {
    const app = await buildProcess({ LOG_LEVEL: 'silent', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
      async (app) => {
        for (const [name, check] of Object.entries(checks)) app.readinessCheck(name, check);
      },
      status,
    ]);
    t.teardown(() => app.close());
    t.same((await app.inject('/status')).json(), expected);
  }
});
