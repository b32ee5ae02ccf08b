import { ensureCommand, findCommand, manualInstall } from '@pair/bootstrap';

interface Reply {
  resource?: string;
  answer?: string;
  error?: string;
}

/**
 * Requests a resource that all files of a run of `npm test` share, from the first request to the end of the run.
 * Undefined if this file runs without the runner.
 *
 * @throws if the runner cannot provide it
 */
export function shared(resource: string): Promise<string> | undefined {
  if (process.env.TEST_RUNNER !== '1' || process.send === undefined) return undefined;
  return new Promise((resolve, reject) => {
    const alive = setInterval(() => undefined, 60_000); // with tap, waiting for a message keeps no process alive
    const listen = (reply: Reply) => {
      if (reply.resource !== resource) return;
      process.off('message', listen);
      clearInterval(alive);
      if (reply.error === undefined) resolve(reply.answer ?? '');
      else reject(new Error(reply.error));
    };
    process.on('message', listen);
    process.send?.({ resource });
  });
}

/**
 * The path of a system program, which is installed first if it is missing.
 *
 * @throws with the commands that install it by hand, if the installation fails
 */
export async function systemProgram(name: Parameters<typeof ensureCommand>[0]): Promise<string> {
  if (findCommand(name) === undefined) await (shared(name) ?? ensureCommand(name));
  const path = findCommand(name);
  if (path === undefined) throw new Error(manualInstall(name));
  return path;
}
