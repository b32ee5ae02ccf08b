import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Type } from 'typebox';
import {
  ConfigError,
  DatabaseConfigSchema,
  databaseAddress,
  List,
  loadConfig,
  loadJobConfig,
  ProcessConfigSchema,
  ServiceConfigSchema,
  withDerivedDefaults,
} from '../src/index.ts';

const Schema = Type.Object({
  NAME: Type.String({ pattern: '^[a-z]+$', allowed: 'lower-case letters', description: 'A name' }),
  COUNT: Type.Integer({ default: 7, minimum: 1, maximum: 9, description: 'A number' }),
  COLOUR: Type.Union([Type.Literal('red'), Type.Literal('blue')], {
    default: 'red',
    description: 'A colour',
  }),
  PEERS: List(Type.String({ pattern: '^[a-z.]+$', allowed: 'a name of a host' }), {
    default: [],
    description: 'Some hosts',
  }),
  SECRET: Type.Optional(Type.String({ minLength: 8, description: 'A secret' })),
});

function problemsOf(env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(Schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

t.test('variables that are not set have their defaults', async (t) => {
  t.same(loadConfig(Schema, { NAME: 'ann' }), { NAME: 'ann', COUNT: 7, COLOUR: 'red', PEERS: [] });
});

t.test('numbers are converted, lists are split and trimmed, other variables are ignored', async (t) => {
  const env = { NAME: 'ann', COUNT: '9', COLOUR: 'blue', PEERS: ' a.b , c,,', PATH: '/bin' };
  t.same(loadConfig(Schema, env), { NAME: 'ann', COUNT: 9, COLOUR: 'blue', PEERS: ['a.b', 'c'] });
});

t.test('an empty variable counts as not set', async (t) => {
  t.same(loadConfig(Schema, { NAME: 'ann', COUNT: '', COLOUR: '', PEERS: '', SECRET: '', SECRET_FILE: '' }), {
    NAME: 'ann',
    COUNT: 7,
    COLOUR: 'red',
    PEERS: [],
  });
});

t.test('one error lists all problems, each with the variable and its description', async (t) => {
  const text = problemsOf({ COUNT: 'many', COLOUR: 'green', PEERS: 'ok,NOT,NEITHER', SECRET: 'short' });
  t.match(text, /NAME is missing \(A name\)/);
  t.match(text, /COUNT must be a whole number from 1 to 9 \(A number\)/);
  t.match(text, /COLOUR must be one of red, blue \(A colour\)/);
  t.match(text, /PEERS has an invalid entry: each must be a name of a host \(Some hosts\)/);
  t.match(text, /SECRET must have a length of at least 8 characters \(A secret\)/);
  for (const name of ['NAME', 'COUNT', 'COLOUR', 'PEERS', 'SECRET']) {
    t.equal(
      text.split('\n').filter((line) => line.includes(`- ${name} `)).length,
      1,
      `${name} is listed once`,
    );
  }
});

t.test('no message repeats a value', async (t) => {
  const text = problemsOf({
    NAME: 'HUNTER2',
    COUNT: 'HUNTER3',
    COLOUR: 'HUNTER4',
    PEERS: 'HUNTER5',
    SECRET: 'HUNTER6',
  });
  t.notMatch(text, /HUNTER/);
});

t.test('a value can come from a file, without its last line break', async (t) => {
  const file = join(t.testdir({ secret: 'correct horse\n' }), 'secret');
  t.equal(loadConfig(Schema, { NAME: 'ann', SECRET_FILE: file }).SECRET, 'correct horse');
  writeFileSync(file, 'battery staple\r\n');
  t.equal(loadConfig(Schema, { NAME: 'ann', SECRET_FILE: file }).SECRET, 'battery staple');
  writeFileSync(file, ' two\nlines \n\n');
  t.equal(
    loadConfig(Schema, { NAME: 'ann', SECRET_FILE: file }).SECRET,
    ' two\nlines \n',
    'only the last line break is dropped',
  );
});

t.test('a file that cannot be read is one problem that names the variable, not the path', async (t) => {
  const text = problemsOf({ NAME_FILE: '/nowhere/at/all' });
  t.equal(text.split('\n').length, 2);
  t.match(text, /NAME_FILE cannot be read: ENOENT/);
  t.notMatch(text, /nowhere/);
});

t.test(
  'a cluster needs the number of its replicas, also 0, and one sentence says when that is right',
  async (t) => {
    const { REDIS_URL, DPOP_REDIS_URL, REDIS_REPLICAS } = ServiceConfigSchema.properties;
    const Stores = Type.Object({ REDIS_URL, DPOP_REDIS_URL, REDIS_REPLICAS });
    const read = (env: NodeJS.ProcessEnv) => loadConfig(Stores, env).REDIS_REPLICAS;
    for (const url of ['redis+cluster://h', 'rediss+cluster://u:hunter2@h1,h2']) {
      t.throws(() => read({ REDIS_URL: url }), {
        message:
          /- REDIS_REPLICAS is missing.*: 0 only for an engine that answers when its log has the write,/,
      });
      t.equal(read({ REDIS_URL: url, REDIS_REPLICAS: '0' }), 0);
      t.equal(read({ REDIS_URL: url, REDIS_REPLICAS: '2' }), 2);
    }
    const ownCluster = { REDIS_URL: 'redis://h', DPOP_REDIS_URL: 'redis+cluster://h' };
    t.throws(() => read(ownCluster), { message: /- REDIS_REPLICAS is missing/ });
    t.equal(read({ ...ownCluster, REDIS_REPLICAS: '0' }), 0);
    t.equal(read({ REDIS_URL: 'redis://h' }), 0);
    t.equal(read({ REDIS_URL: 'redis+sentinel://h/name' }), 0, 'auth compares it with the primary');
  },
);

t.test('a variable that is set together with its file is refused', async (t) => {
  const file = join(t.testdir({ name: 'bob' }), 'name');
  t.match(problemsOf({ NAME: 'ann', NAME_FILE: file }), /NAME and NAME_FILE are both set/);
});

t.test('the error of a wrong DATABASE_URL does not repeat its password', async (t) => {
  const env = { DATABASE_URL: 'mysql://root:hunter2@db/x', REDIS_URL: 'redis://localhost' };
  t.throws(() => loadConfig(ServiceConfigSchema, env), { message: /DATABASE_URL/ });
  try {
    loadConfig(ServiceConfigSchema, env);
  } catch (error) {
    t.notMatch((error as Error).message, /hunter2/);
  }
});

t.test(
  'a DATABASE_URL with several hosts is refused, with the reason and without its password',
  async (t) => {
    const problem = (DATABASE_URL: string) => {
      try {
        loadConfig(ServiceConfigSchema, { DATABASE_URL, REDIS_URL: 'redis://x' });
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    for (const url of [
      'postgres://role:hunter2@a:5432,b:5432/db',
      'postgresql://role:hunter2@a,b/db',
      'postgres://role:hunter2@/db?host=a,b',
      'postgres://role:hunter2@/db?user=x&host=a%2Cb',
      'postgres://role:hunter2@a/db?port=5432,5433',
      'postgres://role:hunter2@a/db?target_session_attrs=read-write',
    ]) {
      t.match(
        problem(url),
        /DATABASE_URL must .* names one host, .*one endpoint that follows the primary/,
        url,
      );
      t.equal(problem(url).split('\n').length, 2, 'one sentence');
      t.notMatch(problem(url), /hunter2/, url);
    }
    for (const url of [
      'postgres://role:a,b@host:5432/db',
      'postgres://role@/db?host=/run/postgresql&options=-c%20a=b,c',
      'postgres://role:a@%2Frun%2Fpostgresql/db',
      'postgres://[::1]:5432/db',
    ]) {
      t.equal(problem(url), '', url);
    }
  },
);

t.test('the default issuer follows from the port, and the default audience from the issuer', async (t) => {
  const env = { DATABASE_URL: 'postgres://x', REDIS_URL: 'redis://x' };
  const bare = withDerivedDefaults(loadConfig(ServiceConfigSchema, env), 8081);
  t.match(bare, { ISSUER: 'http://localhost:8081', AUDIENCE: 'http://localhost:8081' });
  const named = loadConfig(ServiceConfigSchema, { ...env, ISSUER: 'https://id.example.org' });
  t.match(withDerivedDefaults(named, 8081), {
    ISSUER: 'https://id.example.org',
    AUDIENCE: 'https://id.example.org',
  });
});

t.test('an issuer with a path, a trailing slash, a query or another scheme is refused', async (t) => {
  for (const ISSUER of [
    'https://x/y',
    'https://x/',
    'https://x?y',
    'https://x#y',
    'ftp://x',
    'x',
    'https://x y',
    'https://x:port',
  ]) {
    const env = { ISSUER, DATABASE_URL: 'postgres://x', REDIS_URL: 'redis://x' };
    t.throws(() => loadConfig(ServiceConfigSchema, env), { message: /ISSUER/ }, ISSUER);
  }
});

t.test('a wildcard or a URL with a path is no CORS origin', async (t) => {
  for (const origin of ['*', 'https://a.example/x', 'https://*.example', 'a.example']) {
    t.throws(
      () => loadConfig(ProcessConfigSchema, { CORS_ORIGINS: origin }),
      { message: /CORS_ORIGINS/ },
      origin,
    );
  }
});

t.test('a message has words instead of a pattern', async (t) => {
  const text = (env: NodeJS.ProcessEnv) => {
    try {
      loadConfig(Type.Object({ ...ProcessConfigSchema.properties, ...ServiceConfigSchema.properties }), {
        DATABASE_URL: 'postgres://x',
        REDIS_URL: 'redis://x',
        ...env,
      });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  t.match(text({ PORT: 'abc' }), 'PORT must be a whole number from 1 to 65535 (Port to listen on)');
  t.match(text({ PORT: '65536' }), 'PORT must be a whole number from 1 to 65535 (Port to listen on)');
  t.match(
    text({ LOG_LEVEL: 'loud' }),
    'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
  );
  t.match(text({ ISSUER: 'https://x/' }), 'ISSUER must be a scheme and a host, such as https://example.com');
  for (const REDIS_URL of ['localhost:6379', 'redis://', 'redis://host:port', 'redis://user:a/b@host']) {
    t.match(text({ REDIS_URL }), 'REDIS_URL must be a URL that begins with redis://', REDIS_URL);
  }
  t.equal(text({ REDIS_URL: 'rediss://user:a%2Fb@host:6379' }), '');
  t.equal(text({ REDIS_URL: 'redis+sentinel://user:a%2Fb@h1:26379,h2:26379/name' }), '');
  t.equal(text({ REDIS_URL: 'rediss+cluster://user:a%2Fb@h1:6379', REDIS_REPLICAS: '0' }), '');
  const nameless = text({ REDIS_URL: 'redis+sentinel://user:hunter2@h1:26379,h2:26379' });
  t.match(nameless, 'redis+sentinel:// or rediss+sentinel:// and ends with the name of the primary');
  t.notMatch(nameless, 'hunter2');
});

t.test('a URL of PgBouncer and the direct URL belong together', async (t) => {
  const DATABASE_URL = 'postgres://role:hunter2@pgbouncer:6432/db';
  const DATABASE_DIRECT_URL = 'postgres://role:hunter2@postgres:5432/db';
  const DATABASE_POOLER = 'transaction';
  t.same(databaseAddress({ DATABASE_URL }), {
    databaseUrl: DATABASE_URL,
    directUrl: DATABASE_URL,
    isPooled: false,
  });
  const both = { DATABASE_URL, DATABASE_POOLER, DATABASE_DIRECT_URL };
  t.same(databaseAddress(both), {
    databaseUrl: DATABASE_URL,
    directUrl: DATABASE_DIRECT_URL,
    isPooled: true,
  });
  t.match(loadJobConfig(DatabaseConfigSchema, both), { DATABASE_URL: DATABASE_DIRECT_URL });
  for (const [alone, message] of [
    [{ DATABASE_POOLER }, /^DATABASE_POOLER needs DATABASE_DIRECT_URL/],
    [{ DATABASE_DIRECT_URL }, /^DATABASE_DIRECT_URL has no use without DATABASE_POOLER/],
    [{ DATABASE_POOLER: 'session', DATABASE_DIRECT_URL }, /DATABASE_POOLER must be "transaction"/],
  ] as const) {
    t.throws(() => loadJobConfig(DatabaseConfigSchema, { DATABASE_URL, ...alone }), { message });
  }
});
