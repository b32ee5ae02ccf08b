import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';
import { ADMIN, startSystem } from './support/system.ts';

/**
 * Runs the transcript of the README unchanged. One bash gets each line that begins with `$`, and must print the lines
 * that follow it, where `…` stands for any text. The test replaces only the first line: the address and the password.
 */
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const OUTPUT_OF = '--- output of step ';

t.test('the transcript of the README is true', async (t) => {
  const [settings, ...steps] = transcript(README);
  t.match(settings?.command, /^API=\S+ PASSWORD=/);
  t.ok(steps.length > 10);
  const { url } = await startSystem(t);
  const script = [
    'set -u',
    `API=${url} PASSWORD='${ADMIN.password}'`,
    ...steps.flatMap(({ command }, i) => [`echo '${OUTPUT_OF}${i}'`, command]),
  ].join('\n');
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
  t.equal(stderr, '');
  const outputs = new Map(
    stdout
      .split(OUTPUT_OF)
      .slice(1)
      .map((part) => {
        const lineEnd = part.indexOf('\n');
        return [
          Number(part.slice(0, lineEnd)),
          part
            .slice(lineEnd + 1)
            .replaceAll('\r', '')
            .trimEnd(),
        ];
      }),
  );
  for (const [i, { command, expected }] of steps.entries()) {
    t.match(outputs.get(i), pattern(expected), command);
  }
});

function transcript(markdown: string): { command: string; expected: string }[] {
  const [, part = ''] = markdown.split(/<!-- \/?transcript -->/);
  const steps: { command: string; expected: string }[] = [];
  for (const [, block = ''] of part.matchAll(/```console\n(.*?)```/gs)) {
    for (const line of block.trimEnd().split('\n')) {
      const last = steps.at(-1);
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), expected: '' });
      else if (last !== undefined) last.expected += `${last.expected === '' ? '' : '\n'}${line}`;
    }
  }
  return steps;
}

function pattern(expected: string): RegExp {
  return new RegExp(`^${expected.split('…').map(escapeRegExp).join('.+')}$`);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
