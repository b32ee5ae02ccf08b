import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The account for PostgreSQL, which refuses to run as root. For root it is the system account `postgres`, created if
 * it is missing. For any other user the result is empty: PostgreSQL then runs as that user.
 *
 * @throws if the account `postgres` cannot reach one of `paths`
 */
export async function serverAccount(paths: string[]): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const account = (await findAccount()) ?? (await createAccount());
  for (const path of paths) {
    const barrier = ancestors(path).find((folder) => !mayEnter(folder, account));
    if (barrier !== undefined) {
      throw new Error(
        `PostgreSQL runs as the user "postgres" when you are root, and this user cannot enter ${barrier}: ` +
          `run "chmod o+x ${barrier}", or start as another user or from another folder.`,
      );
    }
  }
  return account;
}

async function findAccount(): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function createAccount(): Promise<{ uid: number; gid: number }> {
  await run('groupadd', ['--system', 'postgres']).catch(() => undefined);
  await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']).catch(
    () => undefined,
  );
  const account = await findAccount();
  if (account === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and the user "postgres" could not be created: start as another user.',
    );
  }
  return account;
}

function ancestors(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...ancestors(parent), parent];
}

function mayEnter(folder: string, account: { uid: number; gid: number }): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === account.gid ? 0o010 : 0o001)) !== 0;
}
