import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { findCommand } from '@pair/bootstrap';
import { guard } from '@pair/local-stores';
import type { Teardown } from './teardown.ts';
import { systemProgram } from './test-run.ts';

/** The program that brings another program along. */
const BRINGS = { promtool: 'prometheus', amtool: 'alertmanager', nginx: 'nginx' } as const;

/**
 * Runs nginx, or a tool of Prometheus or Alertmanager, to its end. Resolves with its output.
 *
 * @throws with the output, if the tool fails
 */
export async function runProgram(name: keyof typeof BRINGS, args: string[], input?: string): Promise<string> {
  await systemProgram(BRINGS[name]);
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

/** Starts Prometheus or Alertmanager. Returns a function for its output so far. */
export async function startProgram(
  t: Teardown,
  name: 'prometheus' | 'alertmanager',
  args: string[],
): Promise<() => string> {
  const child = spawn(await systemProgram(name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const guarding = guard(child.pid as number);
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    guarding.release();
  });
  return () => output;
}
