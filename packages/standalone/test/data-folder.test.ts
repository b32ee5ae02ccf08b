import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '@pair/service-kit';
import { type Test, t } from 'tap';
import { openDataFolder } from '../src/data-folder.ts';
import { dataFolder } from './support/start.ts';

/** Root may write everywhere, so root takes another id for an attempt. */
const ANOTHER_USER = 65_534;

function asAnotherUser<T>(work: () => T): T {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(ANOTHER_USER);
  try {
    return work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

function refusal(t: Test, path: string): string {
  try {
    openDataFolder(path);
  } catch (error) {
    t.type(error, OperatorError, path);
    t.notMatch((error as Error).message, '\n');
    return (error as Error).message;
  }
  return '';
}

t.test('a folder that cannot hold the data is refused with the reason', async (t) => {
  const parent = dataFolder(t);
  mkdirSync(parent, { mode: 0o755 });
  const path = (...names: string[]) => join(parent, ...names);
  writeFileSync(path('file'), '');
  mkdirSync(path('closed'), { mode: 0o700 });
  mkdirSync(path('read-only'));
  for (const name of ['closed', 'read-only']) chmodSync(path(name), name === 'closed' ? 0o000 : 0o555);

  const next = 'Correct that, or set DATA_DIR to another folder.';
  for (const [folder, reason] of [
    [path('file'), 'it is a file'],
    [path('file', 'data'), 'a part of the path is a file'],
    [path('missing', 'data'), `the folder ${path('missing')} does not exist`],
    [path('closed', 'data'), 'this user may not write there'],
    [path('read-only'), 'this user may not write there'],
    [path('read-only', 'data'), 'this user may not write there'],
  ] as const) {
    t.equal(
      asAnotherUser(() => refusal(t, folder)),
      `DATA_DIR cannot be ${folder}: ${reason}. ${next}`,
    );
  }
});

t.test('lost or damaged secrets are refused beside data, and stay as they are', async (t) => {
  const folder = dataFolder(t);
  const { secrets } = openDataFolder(folder);
  t.strictSame(openDataFolder(folder).secrets, secrets, 'without data, and opened again');
  const file = join(folder, 'secrets.json');
  t.equal(statSync(file).mode & 0o077, 0);
  const content = readFileSync(file, 'utf8');
  mkdirSync(join(folder, 'postgres'));

  const { superuserPassword: _, ...withoutPassword } = secrets;
  const { keyEncryptionKey: __, ...withoutKey } = secrets;
  const others = [
    'null',
    '[]',
    '"secrets"',
    '{}',
    ...[withoutPassword, withoutKey].map((each) => JSON.stringify(each)),
  ];
  for (const damaged of [content.slice(0, 100), ...others]) {
    writeFileSync(file, damaged);
    t.match(refusal(t, folder), `${file} is missing or damaged`, damaged);
    t.equal(readFileSync(file, 'utf8'), damaged);
  }
  rmSync(file);
  t.match(refusal(t, folder), `${file} is missing or damaged`);
  t.throws(() => statSync(file), { code: 'ENOENT' });
  t.match(refusal(t, folder), 'restore that file from a backup');
});

t.test('a secret that an earlier version did not have is created beside data', async (t) => {
  const folder = dataFolder(t);
  const { secrets } = openDataFolder(folder);
  mkdirSync(join(folder, 'postgres'));
  const { authOwnerDatabasePassword, ...earlier } = secrets;
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify(earlier));
  const { secrets: now } = openDataFolder(folder);
  t.match(now, earlier);
  t.match(now.authOwnerDatabasePassword, /^[\w-]{43}$/);
  t.not(now.authOwnerDatabasePassword, authOwnerDatabasePassword);
});
