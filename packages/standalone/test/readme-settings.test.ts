import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthConfigSchema, MigrateConfigSchema } from '@pair/auth';
import { ROOT } from '@pair/bootstrap';
import { CustomersConfigSchema } from '@pair/customers';
import { ProcessConfigSchema } from '@pair/service-kit';
import t from 'tap';
import type { TSchema } from 'typebox';
import { StandaloneConfigSchema } from '../src/config.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

interface Setting {
  description?: string;
  default?: unknown;
}

/** The settings that each of the four programs reads. */
const READERS: Record<string, Record<string, TSchema>> = {
  auth: { ...ProcessConfigSchema.properties, ...AuthConfigSchema.properties },
  'auth migrate': MigrateConfigSchema.properties,
  customers: { ...ProcessConfigSchema.properties, ...CustomersConfigSchema.properties },
  'npm start': StandaloneConfigSchema.properties,
};

t.test('the table of settings in the README agrees with the schemas', async (t) => {
  const [, table] = README.split(/<!-- \/?settings -->/);
  t.equal(table?.trim(), settingsTable(), 'copy the expected table into the README');
});

t.test('each setting with a pattern has words for the message about a wrong value', async (t) => {
  for (const [name, schema] of Object.values(READERS).flatMap(Object.entries)) {
    const { items = schema } = schema as { items?: TSchema };
    const { pattern, allowed } = items as { pattern?: string; allowed?: string };
    if (pattern !== undefined) t.type(allowed, 'string', name);
  }
});

function settingsTable(): string {
  const settings = new Map<string, TSchema>();
  for (const schema of Object.values(READERS)) {
    for (const [name, setting] of Object.entries(schema))
      if (!settings.has(name)) settings.set(name, setting);
  }
  const rows = [...settings].map(([name, schema]) => {
    const setting: Setting = schema as object;
    const readers = Object.keys(READERS).filter((reader) => name in (READERS[reader] ?? {}));
    return `| \`${name}\` | ${readers.join(', ')} | ${defaultOf(name, setting)} | ${setting.description} |`;
  });
  return ['| Setting | Read by | Default | |', '|---|---|---|---|', ...rows].join('\n');
}

function defaultOf(name: string, setting: Setting): string {
  if ('default' in setting)
    return [setting.default]
      .flat()
      .map((value) => `\`${value}\``)
      .join(' ');
  const isRequired = [AuthConfigSchema, CustomersConfigSchema].some(({ required }) =>
    [...required].includes(name as never),
  );
  return isRequired ? 'required' : '';
}
