import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { isLong, temporaryFolder } from '@pair/test-kit';
import t from 'tap';
import { deploymentOf } from './support/deployment.ts';

/** The steps of the guide that this test runs, by the numbers of their headings. */
const STEPS = [1, 2, 3, 4, 5];
const PATCHES = 'docs/make-it-yours';
/** A step installs, compiles and tests, also on a busy machine. */
const LIMIT_MS = 600_000;

interface Block {
  language: string;
  content: string;
}

function run(folder: string, command: string, args: string[], input?: string): void {
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    // not the variables of this test run: npm test of the copy is a run of its own
    env: { PATH, HOME, GIT_CONFIG_COUNT: '0' },
    input,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stdout}\n${stderr}`);
}

const git = (folder: string, ...args: string[]) =>
  run(folder, 'git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args]);

/** Copies the files of the repository, also those that are not committed yet, into a repository of its own. */
function copyOfRepository(folder: string): void {
  const list = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).stdout;
  for (const file of list.split('\0').filter(Boolean)) cpSync(join(ROOT, file), join(folder, file));
  git(folder, 'init', '--quiet');
  git(folder, 'config', 'user.name', 'test');
  git(folder, 'config', 'user.email', 'test@example.com');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', 'Copy the repository');
}

function blocksOf(step: number): Block[] {
  const guide = readFileSync(join(ROOT, 'docs/make-it-yours.md'), 'utf8');
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${step}. `)) ?? '';
  return [...section.matchAll(/^(`{3,})(\w+)\n(.*?)^\1$/gms)].map(([, , language = '', content = '']) => ({
    language,
    content,
  }));
}

function apply(folder: string, { language, content }: Block): void {
  if (language === 'sh') {
    // these take half a minute each: the short form generates and checks the result of the last step alone
    const commands = isLong() ? content : content.replaceAll(/^npm (test .*|run generate)$/gm, '');
    return run(folder, 'sh', ['-euc', commands]);
  }
  if (language === 'diff') return run(folder, 'git', ['apply', '-'], content);
  const [first = '', ...lines] = content.split('\n');
  const file = join(folder, first.replace('// ', ''));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.join('\n'));
}

t.test(
  'the steps of docs/make-it-yours.md work in a copy, one after the other',
  { timeout: 0 },
  async (t) => {
    const folder = temporaryFolder('make-it-yours');
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    copyOfRepository(folder);
    for (const patch of readdirSync(join(ROOT, PATCHES))) {
      t.doesNotThrow(
        () => git(folder, 'apply', '--check', '-C0', `${PATCHES}/${patch}`),
        `${patch} needs no other step`,
      );
    }
    for (const step of STEPS) {
      const blocks = blocksOf(step);
      t.ok(
        blocks.some(({ language }) => language === 'sh'),
        `step ${step} has commands`,
      );
      for (const block of blocks) {
        t.doesNotThrow(() => apply(folder, block), `step ${step}: ${block.content.split('\n')[0]}`);
      }
      git(folder, 'add', '--all');
      git(folder, 'commit', '--quiet', '--allow-empty', '--message', `Step ${step}`);
    }
    t.doesNotThrow(() => run(folder, 'npm', ['run', 'generate']), 'the documents of the result');
    t.doesNotThrow(() => run(folder, 'npm', ['run', 'check']), 'types and lint');

    // .ci/compose-check.mjs has Docker, and builds and starts what these files describe
    const { names, files, programs, missing } = deploymentOf(folder);
    t.same(names, {
      project: ['crm'],
      services: ['auth', 'customers'],
      images: ['acme-auth', 'acme-customers'],
      npmScopes: ['acme'],
    });
    t.ok(files.length > 15 && programs.length > 2, `${files.length} files, ${programs.length} programs`);
    t.same(missing, [], 'the deployment names existing files');
  },
);
