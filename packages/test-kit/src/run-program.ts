import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { findCommand } from '@pair/bootstrap';
import { systemProgram } from './test-run.ts';

/** The program that brings another program along. */
const PACKAGES = { promtool: 'prometheus', amtool: 'alertmanager' } as const;

/**
 * Runs a tool of Prometheus or Alertmanager to its end. Resolves with its output.
 *
 * @throws with the output, if the tool fails
 */
export async function runProgram(
  name: keyof typeof PACKAGES,
  args: string[],
  input?: string,
): Promise<string> {
  await systemProgram(PACKAGES[name]);
  const child = spawn(findCommand(name) ?? name, args, { stdio: 'pipe' });
  child.stdin.end(input);
  const [output, errors, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${output}${errors}`);
  return output + errors;
}
