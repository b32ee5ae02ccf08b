import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';

/** Whether the tests of the services run behind PgBouncer: `TEST_POOLER=transaction npm test -- services`. */
export function isPooled(): boolean {
  return process.env.TEST_POOLER === 'transaction';
}

/** The block of docs/operations.md with the configuration of PgBouncer, or with the settings of a role. */
export function documentedBlock(language: 'ini' | 'sql'): string {
  const [, section = ''] = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8').split('\n### PgBouncer\n');
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(section)?.[1];
  if (block === undefined) throw new Error(`docs/operations.md has no ${language} for PgBouncer`);
  return block;
}

/** The documented statements for a role in its database, and these settings in place of the documented ones. */
export function roleSettings(
  role: string,
  database: string,
  settings: Record<string, number> = {},
): string[] {
  const target = `ROLE ${role} IN DATABASE ${database}`;
  return [
    documentedBlock('sql').replaceAll('ROLE auth IN DATABASE auth', target),
    ...Object.entries(settings).map(([name, value]) => `ALTER ${target} SET ${name} = ${value}`),
  ];
}
