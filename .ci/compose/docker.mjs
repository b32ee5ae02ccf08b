import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `docker` with an environment of its own. Each method returns standard output; an error has both streams. */
export class Docker {
  constructor(environment) {
    this.environment = environment;
  }

  async run(...args) {
    const env = { ...process.env, ...this.environment };
    const { stdout } = await run('docker', args, { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  /** Runs shell commands that contain `docker compose`, in the folder `cwd`. */
  async shell(commands, cwd = ROOT) {
    const file = { COMPOSE_FILE: join(ROOT, 'docker-compose.yml') };
    const env = { ...process.env, ...file, ...this.environment };
    const { stdout } = await run('sh', ['-ec', commands], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  }

  compose(...args) {
    return this.run('compose', ...args);
  }

  /** For cleaning up and for logs: a failure returns its text and does not throw. */
  try(...args) {
    return this.run(...args).catch((error) => error.message);
  }

  /** The project's containers as `docker inspect` shows them, with the name of their service. */
  async containers() {
    const ids = (await this.compose('ps', '--all', '--quiet')).trim().split('\n');
    const containers = JSON.parse(await this.run('inspect', ...ids));
    return containers.map((container) => ({
      ...container,
      service: container.Config.Labels['com.docker.compose.service'],
    }));
  }

  secret(name) {
    return this.compose('run', '--rm', '-T', 'secrets', 'cat', `/secrets/vault/${name}`);
  }
}
