// for what they add to Fastify's types
import '@fastify/postgres';
import '@fastify/redis';
import '@fastify/swagger';
import './health.ts';
import './negotiation.ts';
import './not-found.ts';

export { awaitPostgres } from './await-postgres.ts';
export {
  ConfigError,
  List,
  loadConfig,
  type ProcessConfig,
  ProcessConfigSchema,
  ServiceConfigSchema,
  withDerivedDefaults,
} from './config.ts';
export { connectionSettings } from './connection-settings.ts';
export { noneMatchFails, parseEntityTags } from './entity-tag.ts';
export { problemOf, unsupportedMediaType } from './errors.ts';
export { NO_ANSWER } from './health.ts';
export { hourly } from './hourly.ts';
export { parseJson, parseStrictJson, utf8ContentType } from './json-parser.ts';
export { type OpenapiOptions, openapi, SWAGGER_UI_CLIENT_ID, SWAGGER_UI_REDIRECT_PATH } from './openapi.ts';
export { OperatorError } from './operator-error.ts';
export { overloadLog } from './overload.ts';
export { inTransaction, migrate, postgres } from './postgres.ts';
export { Problem, type ProblemBody, type ProblemDetail, problemBody, unavailable } from './problem.ts';
export { buildProcess, serve } from './process.ts';
export { redis } from './redis.ts';
export { run } from './run.ts';
export {
  MAX_HEADER_LENGTH,
  ProblemSchema,
  problemExamples,
  problemResponses,
  REQUEST_ID_PATTERN,
  VALIDATION_FAILED,
  withProblems,
} from './schemas.ts';
export { withinListening } from './silence.ts';
export { liftTimeLimit } from './time-limit.ts';
export { isStoreUnavailable } from './unavailable.ts';
export { type StringFormat, unprocessable, validatorCompiler } from './validation.ts';
