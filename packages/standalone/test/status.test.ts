import { buildProcess } from '@pair/service-kit';
import { t } from 'tap';
import { status } from '../src/status.ts';

const passes = async () => {};
const refuses = () => Promise.reject(new Error('connect ECONNREFUSED'));
const isSilent = () => new Promise(() => {});

t.test('a service is slow while it waits for a store, and down if a store refuses', async (t) => {
  for (const [checks, expected] of [
    [
      [
        ['auth', passes],
        ['customers', passes],
      ],
      { auth: 'up', customers: 'up' },
    ],
    [
      [
        ['auth', isSilent],
        ['customers', passes],
      ],
      { auth: 'slow', customers: 'up' },
    ],
    [
      [
        ['auth', passes],
        ['customers', refuses],
      ],
      { auth: 'up', customers: 'down' },
    ],
    [
      [
        ['auth', isSilent],
        ['auth', refuses],
        ['customers', isSilent],
      ],
      { auth: 'down', customers: 'slow' },
    ],
  ] as const) {
    const app = await buildProcess({ LOG_LEVEL: 'silent', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
      async (app) => {
        for (const [service, check] of checks) app.readinessCheck(service, 'a store', check);
      },
      status,
    ]);
    t.teardown(() => app.close());
    t.same((await app.inject('/status')).json(), expected);
  }
});
