import { readFileSync } from 'node:fs';

/** The shell commands of a section or subsection of docs/operations.md: one string for each block, in order. */
export function documentedCommands(heading) {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, after = ''] = text.split(new RegExp(`^##+ ${heading}$`, 'm'));
  const [section] = after.split(/^##+ /m);
  const commands = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands);
  if (commands.length === 0) throw new Error(`docs/operations.md has no commands below "${heading}"`);
  return commands;
}
