// The services of `npm run dev`, in a process that dev.ts starts after each change.
import { run } from '@pair/service-kit';
import { loadStandaloneConfig } from './config.ts';
import { startServices } from './services.ts';
import type { StoreUrls } from './stores.ts';

/** The message of dev.ts. */
export interface Handover {
  stores: StoreUrls;
  keyEncryptionKey: string;
}

process.once('message', ({ stores, keyEncryptionKey }: Handover) =>
  run(async () => {
    await startServices(loadStandaloneConfig(process.env), stores, keyEncryptionKey);
    process.send?.('ready');
  }),
);
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM')); // dev.ts has ended
