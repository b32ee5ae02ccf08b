/** The path of a program, or undefined when this machine has none of that name. */
export function findCommand(name: string): string | undefined;
/** One sentence that says how to install a program by hand. */
export function manualInstall(
  name: 'redis-server' | 'nginx' | 'chromium' | 'psql' | 'pgbench' | 'pngquant',
): string;
