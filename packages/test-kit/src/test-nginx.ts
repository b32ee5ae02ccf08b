import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { freePort, guard } from '@pair/local-stores';
import { listens } from './listens.ts';
import type { Teardown } from './teardown.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { systemProgram } from './test-run.ts';
import { waitFor } from './wait-for.ts';

type Upstreams = Record<'auth' | 'customers', number[]>;

interface Options {
  accessLog?: string;
  metricsPort?: number;
  /**
   * The parameters of each `server`, those of the same server as a backup, and the other lines of an `upstream`; by default
   * those of Compose.
   */
  upstream?: { server: string; backup?: string; rest: string };
  /** True if the client's address is in X-Forwarded-For, as behind a load balancer. */
  isBehindBalancer?: boolean;
  /** Is called with a function that stops nginx before the end of the test. */
  onStart?: (stop: () => Promise<void>) => void;
}

/**
 * Starts a real nginx with the repository's own configuration. Only `upstreams.conf` differs: it has these loopback
 * ports. nginx writes its access log to the file `accessLog`, and serves its metrics if there is a `metricsPort`.
 *
 * @returns the URL of nginx
 */
export async function testNginx(t: Teardown, upstreams: Upstreams, options: Options = {}): Promise<string> {
  const command = await systemProgram('nginx');
  const folder = temporaryFolder('nginx');
  const port = await freePort();
  const source = join(ROOT, 'nginx');
  for (const file of readdirSync(source).filter((name) => name.endsWith('.conf'))) {
    copyFileSync(join(source, file), join(folder, file));
  }
  writeFileSync(join(folder, 'upstreams.conf'), upstreamsConf(port, upstreams, options));

  const args = ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
  // otherwise its workers run as an unprivileged user, which cannot write into this folder
  if (process.getuid?.() === 0) args.push('-g', 'user root;');
  const nginx = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const guarding = guard(nginx.pid as number, folder);
  const stop = async () => {
    if (nginx.exitCode !== null) return;
    nginx.kill('SIGINT');
    await once(nginx, 'exit');
  };
  t.teardown(async () => {
    await stop();
    guarding.release();
    rmSync(folder, { recursive: true });
  });
  await waitFor(async () => nginx.exitCode !== null || (await listens(port)));
  if (nginx.exitCode !== null) throw new Error(`nginx did not start:\n${errors}`);
  options.onStart?.(stop);
  return `http://127.0.0.1:${port}`;
}

function upstreamsConf(
  port: number,
  upstreams: Upstreams,
  {
    accessLog = 'access.log',
    metricsPort,
    upstream = {
      server: 'max_fails=3 fail_timeout=5s',
      backup: 'max_fails=0 backup',
      rest: 'keepalive 32; keepalive_timeout 1s;',
    },
    isBehindBalancer = false,
  }: Options,
): string {
  const blocks = Object.entries(upstreams).map(([name, ports]) => {
    const servers = [upstream.server, upstream.backup]
      .filter((parameters) => parameters !== undefined)
      .flatMap((parameters) => ports.map((each) => `  server 127.0.0.1:${each} ${parameters};\n`));
    return `upstream ${name} {\n  zone ${name} 256k;\n${servers.join('')}  ${upstream.rest}\n}\n`;
  });
  return `${blocks.join('')}server {
  listen 127.0.0.1:${port} default_server backlog=4096;
  root ${JSON.stringify(join(ROOT, 'nginx', 'html'))};
  access_log ${JSON.stringify(accessLog)} json;
${isBehindBalancer ? '  set_real_ip_from 127.0.0.1;\n  real_ip_header X-Forwarded-For;\n' : ''}  include gateway.conf;
}
${metricsPort === undefined ? '' : metricsServer(metricsPort)}`;
}

function metricsServer(port: number): string {
  return `server {
  listen 127.0.0.1:${port};
  root ${JSON.stringify(join(ROOT, 'nginx', 'metrics'))};
  include metrics.conf;
}
`;
}
