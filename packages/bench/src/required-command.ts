import { findCommand, manualInstall } from '@pair/bootstrap';

/** The path of a program that a benchmark compares with. Ends this process with advice if the program is missing. */
export function requiredCommand(name: 'psql' | 'pgbench'): string {
  const command = findCommand(name);
  if (command !== undefined) return command;
  console.error(manualInstall(name));
  process.exit(1);
}
