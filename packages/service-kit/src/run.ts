import { OperatorError, UsageError } from './problems/operator-error.ts';

const LISTEN_ERRORS: Record<string, string> = {
  EADDRINUSE: 'is in use by another process: stop it, or set PORT or METRICS_PORT to another port',
  EACCES: 'needs more rights than this process has: set PORT and METRICS_PORT to 1024 or more',
  EADDRNOTAVAIL: 'is not an address of this machine: set HOST to one of its addresses',
};

/**
 * Runs the main function of a process. An error ends the process with exit code 1, and wrong arguments with 2. Its text is
 * one clear sentence if an operator can correct the cause, and otherwise the stack.
 */
export async function run(main: () => Promise<unknown>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

function explain(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  const reason = LISTEN_ERRORS[code ?? ''];
  if (syscall === 'listen' && reason !== undefined) return `${address}:${port} ${reason}.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
