import { ensureCommand, findCommand, manualInstall } from '@pair/bootstrap';

interface Reply {
  wish?: string;
  answer?: string;
  error?: string;
}

/**
 * Asks the runner of `npm test` for what its whole run shares: it is there from the first wish to the end of the run.
 * Undefined when this file runs by itself.
 *
 * @throws when the runner cannot provide it
 */
export function shared(wish: string): Promise<string> | undefined {
  if (process.env.TEST_RUNNER !== '1' || process.send === undefined) return undefined;
  return new Promise((resolve, reject) => {
    const alive = setInterval(() => undefined, 60_000); // tap lets the process end while it waits for a message
    const listen = (reply: Reply) => {
      if (reply.wish !== wish) return;
      process.off('message', listen);
      clearInterval(alive);
      if (reply.error === undefined) resolve(reply.answer ?? '');
      else reject(new Error(reply.error));
    };
    process.on('message', listen);
    process.send?.({ wish });
  });
}

/**
 * The path of a system program. One that is missing is installed first.
 *
 * @throws how to install it by hand, when that failed
 */
export async function systemProgram(name: 'redis-server' | 'nginx' | 'chromium'): Promise<string> {
  if (findCommand(name) === undefined) await (shared(name) ?? ensureCommand(name));
  const path = findCommand(name);
  if (path === undefined) throw new Error(manualInstall(name));
  return path;
}
