import { AuthConfigSchema, MigrateConfigSchema } from '@pair/auth';
import { loadConfig, OperatorError, ProcessConfigSchema } from '@pair/service-kit';
import { type Static, Type } from 'typebox';

const { PORT, METRICS_PORT, LOG_LEVEL, CORS_ORIGINS, CORS_ALLOWED_HEADERS } = ProcessConfigSchema.properties;
const {
  ISSUER,
  AUDIENCE,
  REGISTRATION,
  REGISTRATION_SCOPES,
  REQUIRE_DPOP,
  PRODUCT_NAME,
  PRODUCT_LOGO,
  REFRESH_REPLAY_WINDOW_SECONDS,
  REVOCATION_MAX_STALENESS_SECONDS,
  SUBJECT_RATE_LIMIT,
  SUBJECT_RATE_BURST,
  DATABASE_URL,
  REDIS_URL,
  REDIS_SENTINEL_USERNAME,
  REDIS_SENTINEL_PASSWORD,
  REDIS_REPLICAS,
  DPOP_REDIS_URL,
} = AuthConfigSchema.properties;
const { ADMIN_USERNAME, ADMIN_PASSWORD } = MigrateConfigSchema.properties;

/** Only this machine reaches the services. */
export const HOST = '127.0.0.1';

export const DEFAULT_DATA_DIR = '.data';

/** Settings of `npm start`. None is required. */
export const StandaloneConfigSchema = Type.Object({
  PORT,
  METRICS_PORT,
  LOG_LEVEL,
  CORS_ORIGINS,
  CORS_ALLOWED_HEADERS,
  ISSUER,
  AUDIENCE,
  REGISTRATION,
  REGISTRATION_SCOPES,
  REQUIRE_DPOP,
  PRODUCT_NAME,
  PRODUCT_LOGO,
  REFRESH_REPLAY_WINDOW_SECONDS,
  REVOCATION_MAX_STALENESS_SECONDS,
  SUBJECT_RATE_LIMIT,
  SUBJECT_RATE_BURST,
  DATA_DIR: Type.String({
    default: DEFAULT_DATA_DIR,
    description: 'Folder of the databases and of generated secrets',
  }),
  ADMIN_USERNAME,
  ADMIN_PASSWORD,
  AUTH_DATABASE_URL: Type.Optional(
    Type.String({
      ...DATABASE_URL,
      description: 'Your own PostgreSQL database for auth; by default `npm start` runs PostgreSQL',
    }),
  ),
  CUSTOMERS_DATABASE_URL: Type.Optional(
    Type.String({
      ...DATABASE_URL,
      description: 'Your own PostgreSQL database for customers; by default `npm start` runs PostgreSQL',
    }),
  ),
  REDIS_URL: Type.Optional(
    Type.String({
      ...REDIS_URL,
      description: 'Your own Redis for both services; by default `npm start` runs Redis',
    }),
  ),
  REDIS_SENTINEL_USERNAME,
  REDIS_SENTINEL_PASSWORD,
  REDIS_REPLICAS,
  DPOP_REDIS_URL,
});
export type StandaloneConfig = Static<typeof StandaloneConfigSchema>;

/** @throws {OperatorError} that lists every wrong setting */
export function loadStandaloneConfig(env: NodeJS.ProcessEnv): StandaloneConfig {
  const config = loadConfig(StandaloneConfigSchema, env);
  const { AUTH_DATABASE_URL: auth, CUSTOMERS_DATABASE_URL: customers } = config;
  if ((auth === undefined) !== (customers === undefined)) {
    throw new OperatorError(
      'AUTH_DATABASE_URL and CUSTOMERS_DATABASE_URL belong together: set both, or neither.',
    );
  }
  return config;
}
