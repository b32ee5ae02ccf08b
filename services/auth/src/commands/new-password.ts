import { text } from 'node:stream/consumers';
import { generatePassword } from './first-admin.ts';

/** For `--help`. A password is never an argument, because every user of the machine sees the arguments of a process. */
export const PASSWORD_SOURCES =
  'The password comes from NEW_PASSWORD or NEW_PASSWORD_FILE, or else from standard input.\nWithout one it is generated, and shown once.';

/** Resolves to the new password. `generated` is the same password if it was generated, so that the operator sees it. */
export async function readNewPassword(
  { NEW_PASSWORD }: { NEW_PASSWORD?: string },
  stdin: NodeJS.ReadableStream & { isTTY?: boolean },
): Promise<{ password: string; generated: string | undefined }> {
  const given = NEW_PASSWORD ?? (stdin.isTTY ? '' : (await text(stdin)).replace(/\r?\n$/, ''));
  if (given !== '') return { password: given, generated: undefined };
  const generated = generatePassword();
  return { password: generated, generated };
}
