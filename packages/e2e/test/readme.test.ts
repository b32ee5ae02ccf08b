import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@pair/bootstrap';
import { createClient } from '@pair/client';
import { startProcess, waitFor } from '@pair/test-kit';
import t from 'tap';
import { ADMIN, startSystem } from './support/system.ts';

/** Both READMEs show a system with no other customers. */
const { url } = await startSystem(t);

/** The examples in the README of @pair/client: the test compiles all of them unchanged, and runs those that print. */
const CLIENT_README = readFileSync(join(ROOT, 'packages/client/README.md'), 'utf8');
// within this package, which depends on @pair/client like the package of any user
const FOLDER = 'packages/e2e/dist/client-readme';

t.test('the examples in the README of the client compile, and print as promised', async (t) => {
  const examples = [
    ...CLIENT_README.matchAll(/<!-- example -->\n```ts\n(.*?)```\n(?:\nIt prints ([^\n]*)\.$)?/gms),
  ].map(([, code = '', promise]) => ({ code, promise }));
  t.ok(examples.length > 1);
  t.equal(examples.length, CLIENT_README.split('<!-- example -->').length - 1, 'all of them');
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  t.teardown(() => rmSync(join(ROOT, FOLDER), { recursive: true }));
  const files = examples.map(({ code }, i) => {
    const file = `${FOLDER}/${i}.mts`;
    writeFileSync(join(ROOT, file), code);
    return file;
  });
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node'];
  const tsc = { entry: 'node_modules/typescript/bin/tsc', args: [...options, ...files], env: {} };
  t.equal(await outputOf(t, tsc), '');

  const client = createClient({ baseUrl: url });
  await waitFor(() => client.signIn(ADMIN.username, ADMIN.password).then(() => true));
  const env = { API: url, PASSWORD: ADMIN.password };
  const printing = [...examples.entries()].filter(([, { promise }]) => promise !== undefined);
  t.equal(printing.length, 2);
  for (const [i, { promise = '' }] of printing) {
    const output = await outputOf(t, { entry: `${FOLDER}/${i}.mjs`, env });
    const promised = [...promise.matchAll(/`(.*?)`/g)].map(([, line = '']) => line);
    t.same(output.trimEnd().split('\n'), promised);
  }
});

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

async function outputOf(...program: Parameters<typeof startProcess>): Promise<string> {
  const { exited, output } = await startProcess(...program);
  await exited;
  return output();
}
