// these imports extend the types of Fastify
import '@fastify/postgres';
import '@fastify/redis';
import '@fastify/swagger';
import './health.ts';
import './http/negotiation.ts';
import './http/not-found.ts';
import './metrics/metrics.ts';

export {
  ConfigError,
  List,
  loadConfig,
  loadJobConfig,
  type ProcessConfig,
  ProcessConfigSchema,
  ServiceConfigSchema,
  withDerivedDefaults,
} from './config.ts';
export { DatabaseConfigSchema, databaseAddress } from './database-config.ts';
export { NO_ANSWER } from './health.ts';
export { hourly } from './hourly.ts';
export { noneMatchFails, parseEntityTags } from './http/entity-tag.ts';
export { parseJson, parseStrictJson, utf8ContentType } from './http/json-parser.ts';
export { liftTimeLimit } from './http/time-limit.ts';
export { type Counter, type Histogram, type Metrics, NO_METRICS } from './metrics/metrics.ts';
export { poolMetrics } from './metrics/pool-metrics.ts';
export { validationFailed } from './openapi/common-problems.ts';
export { declareErrors, type MakeProblem } from './openapi/declared-errors.ts';
export { type ErrorForm, problemExamples } from './openapi/error-responses.ts';
export {
  type OpenapiOptions,
  openapi,
  SWAGGER_UI_CLIENT_ID,
  SWAGGER_UI_REDIRECT_PATH,
} from './openapi/openapi.ts';
export { MAX_HEADER_LENGTH, ProblemSchema, REQUEST_ID_PATTERN } from './openapi/schemas.ts';
export { problemOf, unsupportedMediaType } from './problems/errors.ts';
export { OperatorError, UsageError } from './problems/operator-error.ts';
export { overloadLog } from './problems/overload.ts';
export {
  Problem,
  type ProblemBody,
  type ProblemDetail,
  problemBody,
  unavailable,
} from './problems/problem.ts';
export type { ProblemCode } from './problems/problem-code.ts';
export { booleanFormat, integerFormat } from './problems/query-formats.ts';
export { isStoreUnavailable, StoreUnavailable, unavailablePart } from './problems/unavailable.ts';
export { faultFinder, type StringFormat, unprocessable, validatorCompiler } from './problems/validation.ts';
export { buildProcess } from './process.ts';
export { type Repetition, repeat, type SetTimer } from './repeat.ts';
export { run } from './run.ts';
export { serve, serveBehindGateway } from './serve.ts';
export { awaitPostgres } from './stores/await-postgres.ts';
export { awaitRedis } from './stores/await-redis.ts';
export { coalesced } from './stores/coalesced.ts';
export { connectionSettings } from './stores/connection-settings.ts';
export type { StoreLimits } from './stores/limits.ts';
export { inTransaction, migrate, postgres } from './stores/postgres.ts';
export { redis, redisClient } from './stores/redis.ts';
export { type RedisSettings, redisAddress } from './stores/redis-address.ts';
export { type Fence, NOT_REPLICATED, type Replication, replication } from './stores/replication.ts';
export { withinListening } from './stores/silence.ts';
export { isUnanswered, UnconfirmedCommit } from './stores/unconfirmed-writes.ts';
export { type Tracing, tracing } from './tracing/tracing.ts';
export { troubleLog } from './trouble-log.ts';
