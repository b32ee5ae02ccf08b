// `npm run dev`: npm start, whose services restart after a change of their sources. The stores keep running.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, say, transpileSources } from '@pair/bootstrap';
import { run } from '@pair/service-kit';
import type { Handover } from './dev-services.ts';
import { prepare, welcome } from './prepare.ts';
import { superviseStores } from './stores.ts';

const PACKAGES = [
  'services/auth',
  'services/customers',
  'packages/access-token',
  'packages/service-kit',
  'packages/standalone',
];
/** The folders that the services read when they start. */
const FOLDERS = ['src', 'lua', 'migrations'];
/** An editor writes a file in several steps, and a change of the branch writes many files. */
const QUIET_MS = 50;

const SERVICES = fileURLToPath(new URL('./dev-services.js', import.meta.url));

await run(async () => {
  const { config, data, stores } = await prepare();
  const handover: Handover = { stores: stores.urls, keyEncryptionKey: data.secrets.keyEncryptionKey };
  const changed = new Set<string>();
  let services: ChildProcess | undefined;
  let isStopping = false;

  const restart = oneAtATime(async () => {
    const started = performance.now();
    const results = await Promise.all([...changed].map(transpileSources));
    if (results.includes(false)) return say('the services run on without this change');
    changed.clear();
    const isFirst = services === undefined;
    await end(services);
    if (isStopping) return;
    services = startServices(handover);
    await Promise.race([once(services, 'message'), once(services, 'exit')]);
    if (!isRunning(services)) return;
    if (isFirst) welcome(config, data);
    else say(`the services run with this change after ${Math.round(performance.now() - started)} ms`);
  });
  const stopStores = superviseStores(stores, ({ message }) => {
    say(message);
    stop(1);
  });
  const stop = async (exitCode: number) => {
    isStopping = true;
    await end(services);
    await stopStores();
    say('Stopped.');
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(0));

  let timer: NodeJS.Timeout | undefined;
  watchPackages((path) => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(restart, QUIET_MS);
  });
  await restart();
});

function startServices(handover: Handover): ChildProcess {
  const services = fork(SERVICES, { execArgv: ['--enable-source-maps'] });
  services.once('exit', (code) => {
    if (code !== 0) say('the services have ended: they start again after the next change');
  });
  services.send(handover);
  return services;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

async function end(services: ChildProcess | undefined): Promise<void> {
  if (services === undefined || !isRunning(services)) return;
  services.kill();
  await once(services, 'exit');
}

/** Calls `onChange` with the path of a package for each of its files that changes. */
function watchPackages(onChange: (path: string) => void): void {
  for (const path of PACKAGES) {
    for (const folder of FOLDERS.map((name) => join(ROOT, path, name)).filter(existsSync)) {
      watch(folder, { recursive: true }, () => onChange(path));
    }
  }
}

/** Runs `work` once more if the result is called while `work` is under way. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let isBusy = false;
  let isWanted = false;
  return async () => {
    isWanted = true;
    if (isBusy) return;
    isBusy = true;
    while (isWanted) {
      isWanted = false;
      await work();
    }
    isBusy = false;
  };
}
