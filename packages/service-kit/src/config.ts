import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { type Static, type TObject, type TSchema, type TString, Type } from 'typebox';
import { DatabaseConfigSchema, databaseAddress } from './database-config.ts';
import { OperatorError } from './problems/operator-error.ts';
import { namesOneServer } from './stores/connection-settings.ts';
import { isClusterUrl, isRedisUrl } from './stores/redis-address.ts';

/** Lists every problem of the environment, one a line. The message never repeats a value: it may be a secret. */
export class ConfigError extends OperatorError {
  constructor(problems: string[]) {
    super(
      `The configuration is invalid. Correct these settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** A comma-separated list in the environment, an array in the config. */
export function List(items: TSchema, options: { description: string; default?: string[] }) {
  return Type.Array(items, options) as unknown as ReturnType<
    typeof Type.Array<ReturnType<typeof Type.String>>
  >;
}

/**
 * Reads a config object from environment variables. The members of the schema are the names of the variables. Instead of
 * NAME an operator may set NAME_FILE, the path of a file with the value; a line break at its end is dropped. An empty
 * variable counts as not set, because Docker Compose sets an empty one for `${NAME:-}`. A string may have the format `url`,
 * `one-server` for the URL of a database, or `redis-url`.
 *
 * @throws {ConfigError} with all problems at once
 */
export function loadConfig<T extends TObject>(schema: T, env: NodeJS.ProcessEnv): Static<T> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = readVariable(name, env, problems);
    if (text !== undefined) values[name] = isList(property) ? splitList(text) : text;
  }
  problems.push(...missingReplicas(schema, values));
  const ajv = new Ajv({
    coerceTypes: true,
    useDefaults: true,
    allErrors: true,
    strict: false,
    verbose: true,
  });
  ajv.addFormat('url', (text) => URL.canParse(text));
  ajv.addFormat('one-server', namesOneServer);
  ajv.addFormat('redis-url', isRedisUrl);
  const validate = ajv.compile(schema);
  if (!validate(values)) {
    for (const error of validate.errors ?? []) {
      if (error.keyword === 'const') continue; // the error of anyOf lists all the values
      const name = error.instancePath.split('/')[1] ?? String(error.params.missingProperty);
      const member = schema.properties[name] as { description?: string } | undefined;
      if (problems.some((problem) => problem.startsWith(`${name}_FILE`))) continue;
      const problem = `${name} ${explain(error)} (${member?.description ?? 'see the README'})`;
      if (!problems.includes(problem)) problems.push(problem); // each entry of a list may have the same problem
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Static<T>;
}

/**
 * Reads the settings of a job or a command. Its `DATABASE_URL` is the direct one, because a migration holds a lock of its
 * session, and a command has time-outs of its own.
 *
 * @throws {OperatorError} with all problems, or if a setting of PgBouncer is missing
 */
export function loadJobConfig<T extends TObject<{ DATABASE_URL: TString }>>(
  schema: T,
  env: NodeJS.ProcessEnv,
): Static<T> {
  const config = loadConfig(schema, env);
  return { ...config, DATABASE_URL: databaseAddress(config).directUrl };
}

function readVariable(name: string, env: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const value = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (value !== undefined && file !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: set only one of them`);
  }
  if (value !== undefined || file === undefined) return value;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    problems.push(`${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    return undefined;
  }
}

/** A cluster has no default: with 0 by mistake, a failover would undo what the services have acknowledged. */
function missingReplicas(
  schema: TObject,
  { REDIS_URL, DPOP_REDIS_URL, REDIS_REPLICAS }: Record<string, unknown>,
): string[] {
  if (!('REDIS_REPLICAS' in schema.properties) || REDIS_REPLICAS !== undefined) return [];
  const isCluster = (url: unknown) => typeof url === 'string' && isClusterUrl(url);
  if (![REDIS_URL, DPOP_REDIS_URL].some(isCluster)) return [];
  return [
    'REDIS_REPLICAS is missing, and a cluster needs it: 0 only for an engine that answers when its log has the write, otherwise the number of replicas',
  ];
}

function isList(property: TSchema): boolean {
  return (property as { type?: string }).type === 'array';
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function explain({ keyword, instancePath, parentSchema }: ErrorObject): string {
  if (keyword === 'required') return 'is missing';
  const isEntry = instancePath.split('/').length > 2;
  return `${isEntry ? 'has an invalid entry: each ' : ''}must ${allowedBy(parentSchema as Rule)}`;
}

interface Rule {
  type?: string;
  anyOf?: { const: string }[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  /** Our keyword: the values that `pattern` or `format` allows, in words, because an operator reads no pattern. */
  allowed?: string;
}

/** All that a rule allows, not only the limit that the value exceeds: the next value should be right. */
function allowedBy({ type, anyOf, minimum, maximum, minLength, maxLength, allowed }: Rule): string {
  if (anyOf !== undefined) return `be one of ${anyOf.map((literal) => literal.const).join(', ')}`;
  if (type === 'integer') return `be a whole number${range(minimum, maximum)}`;
  if (allowed !== undefined) return `be ${allowed}`;
  return `have a length${range(minLength, maxLength)} characters`;
}

function range(least: number | undefined, most: number | undefined): string {
  if (least === undefined) return most === undefined ? '' : ` of at most ${most}`;
  return most === undefined ? ` of at least ${least}` : ` from ${least} to ${most}`;
}

const ORIGIN = 'a scheme and a host, such as https://example.com or http://localhost:8080, without a path';

/** Settings of every process. */
export const ProcessConfigSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 8080, minimum: 1, maximum: 65535, description: 'Port to listen on' }),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65535,
      description:
        'Port for Prometheus on the same address: /metrics, /livez and /readyz. Without it nothing is measured',
    }),
  ),
  LOG_LEVEL: Type.Union(
    [
      Type.Literal('fatal'),
      Type.Literal('error'),
      Type.Literal('warn'),
      Type.Literal('info'),
      Type.Literal('debug'),
      Type.Literal('trace'),
      Type.Literal('silent'),
    ],
    { default: 'info', description: 'Least severe level of the lines in the log' },
  ),
  TRUSTED_PROXIES: List(Type.String(), {
    default: [],
    description:
      'Proxies whose X-Forwarded-* headers are trusted: addresses, CIDR ranges, or loopback, linklocal, uniquelocal',
  }),
  CORS_ORIGINS: List(Type.String({ pattern: '^https?://[^/,*]+$', allowed: ORIGIN }), {
    default: [],
    description: 'Origins whose pages may call the API from a browser',
  }),
  CORS_ALLOWED_HEADERS: Type.Optional(
    List(Type.String({ pattern: "^[!#$%&'+.^_`|~0-9A-Za-z-]+$", allowed: 'the name of a header' }), {
      description:
        'Further request headers that these pages may send, besides the headers of the API and of tracing',
    }),
  ),
});
export type ProcessConfig = Static<typeof ProcessConfigSchema>;

const REDIS_URL_RULE = {
  format: 'redis-url',
  allowed:
    'a URL that begins with redis:// or rediss://, with redis+cluster:// or rediss+cluster://, or with redis+sentinel:// or rediss+sentinel:// and ends with the name of the primary; the password is percent-encoded',
};

/** Settings of both services, in any process that runs them. */
export const ServiceConfigSchema = Type.Object({
  ISSUER: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#]+$',
      format: 'url',
      allowed: ORIGIN,
      description:
        'The `iss` of tokens: the public base URL, without a path or a trailing slash. Default: http://localhost:PORT',
    }),
  ),
  AUDIENCE: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'The `aud` of tokens, the same for both services. Default: ISSUER',
    }),
  ),
  ...DatabaseConfigSchema.properties,
  REDIS_URL: Type.String({
    ...REDIS_URL_RULE,
    description:
      'Redis: redis://user:password@host:6379; with Sentinel redis+sentinel://user:password@host:26379,host:26379,host:26379/name; a cluster with one shard redis+cluster://user:password@host:6379',
  }),
  REDIS_SENTINEL_USERNAME: Type.Optional(
    Type.String({ minLength: 1, description: 'User of Sentinel itself, if its access list names one' }),
  ),
  REDIS_SENTINEL_PASSWORD: Type.Optional(
    Type.String({ minLength: 1, description: 'Password of Sentinel itself, if it demands one' }),
  ),
  REDIS_REPLICAS: Type.Optional(
    Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 2,
      description:
        'How many replicas Redis has, if another may take over: all must have a change before it is acknowledged; 0: one Redis. A cluster has no default: 0 only for an engine that answers when its log has the write',
    }),
  ),
  DPOP_REDIS_URL: Type.Optional(
    Type.String({
      ...REDIS_URL_RULE,
      description:
        'Another Redis for the used proofs of DPoP, in a form of REDIS_URL; the other settings of Redis hold for both. Default: REDIS_URL',
    }),
  ),
  REVOCATION_MAX_STALENESS_SECONDS: Type.Integer({
    default: 30,
    minimum: 2,
    maximum: 600,
    description:
      'How long a service accepts tokens after its last reading of the revocation feed; then it answers 503',
  }),
  SUBJECT_RATE_LIMIT: Type.Integer({
    default: 200,
    minimum: 0,
    maximum: 100_000,
    description:
      'How many requests a second each user, or each client that acts for itself, may send to a service in one process; 0: no limit',
  }),
  SUBJECT_RATE_BURST: Type.Integer({
    default: 400,
    minimum: 1,
    maximum: 10_000,
    description: 'How many of these requests may come at once after a pause',
  }),
});
type ServiceConfig = Static<typeof ServiceConfigSchema>;

/** Fills in the defaults that depend on other settings. */
export function withDerivedDefaults<T extends ServiceConfig>(
  config: T,
  port: number,
): T & { ISSUER: string; AUDIENCE: string } {
  const issuer = config.ISSUER ?? `http://localhost:${port}`;
  return { ...config, ISSUER: issuer, AUDIENCE: config.AUDIENCE ?? issuer };
}
