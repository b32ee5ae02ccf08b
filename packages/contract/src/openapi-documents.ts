import { randomBytes } from 'node:crypto';
import { authService } from '@pair/auth';
import { customersService } from '@pair/customers';
import { buildProcess } from '@pair/service-kit';
import type { Service } from './openapi-files.ts';

const ISSUER = 'http://localhost:8080';
/** No store listens there, and the services ask none: a document depends on the routes alone. */
const STORES = { DATABASE_URL: 'postgres://unused@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };

/** The OpenAPI documents that the services serve, each as the text of its file. */
export async function openApiDocuments(): Promise<Record<Service, string>> {
  const shared = {
    ...STORES,
    ISSUER,
    AUDIENCE: ISSUER,
    REVOCATION_MAX_STALENESS_SECONDS: 30,
    SUBJECT_RATE_LIMIT: 200,
    SUBJECT_RATE_BURST: 400,
  };
  const auth = authService({
    ...shared,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    REFRESH_REPLAY_WINDOW_SECONDS: 10,
    REGISTRATION: 'closed',
    REGISTRATION_SCOPES: [],
    REQUIRE_DPOP: 'false',
  });
  const app = await buildProcess({ LOG_LEVEL: 'silent', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
    auth,
    customersService(shared),
  ]);
  try {
    const documentOf = async (service: Service) =>
      `${JSON.stringify((await app.inject(`/docs/${service}/json`)).json(), null, 2)}\n`;
    return { auth: await documentOf('auth'), customers: await documentOf('customers') };
  } finally {
    await app.close();
  }
}
