import { readFileSync } from 'node:fs';

/** The shell commands of a section of docs/operations.md: one string for each block, in order. */
export function documentedCommands(heading) {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [until] = section.split('\n## ');
  return [...until.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands);
}
