import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import { OperatorError } from './problems/operator-error.ts';

/** What is wrong with the environment: every problem, one a line. The message never repeats a value. */
export class ConfigError extends OperatorError {
  constructor(problems: string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
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
 * Reads a config object from environment variables. The members of the schema are the variables' names; each
 * may also be given as NAME_FILE, the path of a file that holds the value (a trailing line break is dropped).
 * An empty variable counts as not set, because that is what compose makes of `${NAME:-}`.
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
  const ajv = new Ajv({
    coerceTypes: true,
    useDefaults: true,
    allErrors: true,
    strict: false,
    verbose: true,
  });
  const validate = ajv.compile(schema);
  if (!validate(values)) {
    for (const error of validate.errors ?? []) {
      if (error.keyword === 'const') continue; // one of several: anyOf tells them all
      const name = error.instancePath.split('/')[1] ?? String(error.params.missingProperty);
      const member = schema.properties[name] as { description?: string } | undefined;
      if (problems.some((problem) => problem.startsWith(`${name}_FILE`))) continue;
      problems.push(`${name} ${explain(error)} (${member?.description ?? 'see the README'})`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Static<T>;
}

function readVariable(name: string, env: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const value = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (value !== undefined && file !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: set one`);
  }
  if (value !== undefined || file === undefined) return value;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (error) {
    problems.push(`${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    return undefined;
  }
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

function explain(error: ErrorObject): string {
  if (error.keyword === 'required') return 'is missing';
  if (error.keyword === 'anyOf')
    return `must be one of ${(error.schema as { const: string }[]).map((literal) => literal.const).join(', ')}`;
  return error.message ?? 'is not valid';
}

/** What every process is told. */
export const ProcessConfigSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 8080, minimum: 1, maximum: 65535, description: 'Port to listen on' }),
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
    { default: 'info', description: 'Least severe level that is logged' },
  ),
  TRUSTED_PROXIES: List(Type.String(), {
    default: [],
    description:
      'Addresses, CIDR ranges, or loopback, linklocal, uniquelocal, whose X-Forwarded-* are believed',
  }),
  CORS_ORIGINS: List(Type.String({ pattern: '^https?://[^/,*]+$' }), {
    default: [],
    description: 'Origins whose pages may call the API from a browser',
  }),
  CORS_ALLOWED_HEADERS: Type.Optional(
    List(Type.String({ pattern: "^[!#$%&'+.^_`|~0-9A-Za-z-]+$" }), {
      description:
        'Names of further request headers that these pages may send, beside those of the API and of traces',
    }),
  ),
});
export type ProcessConfig = Static<typeof ProcessConfigSchema>;

/** What both services are told, whichever process they run in. */
export const ServiceConfigSchema = Type.Object({
  ISSUER: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#]+$',
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
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'PostgreSQL: postgres://role:password@host:5432/database',
  }),
  REDIS_URL: Type.String({ pattern: '^rediss?://', description: 'Redis: redis://user:password@host:6379' }),
  REVOCATION_MAX_STALENESS_SECONDS: Type.Integer({
    default: 30,
    minimum: 2,
    maximum: 600,
    description: 'How long tokens are accepted after the revocation feed was last heard of; then 503',
  }),
});
type ServiceConfig = Static<typeof ServiceConfigSchema>;

/** Fills in what derives from other settings. */
export function withDerivedDefaults<T extends ServiceConfig>(
  config: T,
  port: number,
): T & { ISSUER: string; AUDIENCE: string } {
  const issuer = config.ISSUER ?? `http://localhost:${port}`;
  return { ...config, ISSUER: issuer, AUDIENCE: config.AUDIENCE ?? issuer };
}
