import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { createClient } from '@pair/client';
import { startProcess, waitFor } from '@pair/test-kit';
import t from 'tap';
import { ADMIN, startSystem } from './support/system.ts';

/** The examples in the README of @pair/client: the test compiles all of them unchanged, and runs the first. */
const README = readFileSync(join(ROOT, 'packages/client/README.md'), 'utf8');
// within this package, which depends on @pair/client like the package of any user
const FOLDER = 'packages/e2e/dist/client-readme';

t.test('the examples in the README of the client compile, and the first prints as promised', async (t) => {
  const examples = [...README.matchAll(/<!-- example -->\n```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  t.equal(examples.length, 3);
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  t.teardown(() => rmSync(join(ROOT, FOLDER), { recursive: true }));
  const files = examples.map((code, i) => {
    const file = `${FOLDER}/${i}.mts`;
    writeFileSync(join(ROOT, file), code);
    return file;
  });
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node'];
  const tsc = { entry: 'node_modules/typescript/bin/tsc', args: [...options, ...files], env: {} };
  t.equal(await outputOf(t, tsc), '');

  const { url } = await startSystem(t);
  const client = createClient({ baseUrl: url });
  await waitFor(() => client.signIn(ADMIN.username, ADMIN.password).then(() => true));
  const example = { entry: `${FOLDER}/0.mjs`, env: { API: url, PASSWORD: ADMIN.password } };
  t.same((await outputOf(t, example)).trimEnd().split('\n'), promisedOutput());
});

async function outputOf(...program: Parameters<typeof startProcess>): Promise<string> {
  const { exited, output } = await startProcess(...program);
  await exited;
  return output();
}

function promisedOutput(): string[] {
  const sentence = /^It prints (.*)\.$/m.exec(README)?.[1] ?? '';
  return [...sentence.matchAll(/`(.*?)`/g)].map(([, line = '']) => line);
}
