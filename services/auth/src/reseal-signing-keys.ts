import { loadConfig, run } from '@pair/service-kit';
import { resealSigningKeys } from './commands/reseal-signing-keys.ts';
import { ResealSigningKeysConfigSchema } from './config.ts';

/** `node dist/reseal-signing-keys.js`: afterwards the second key of KEY_ENCRYPTION_KEY is not needed any more. */
await run(async () => {
  const resealed = await resealSigningKeys(loadConfig(ResealSigningKeysConfigSchema, process.env));
  process.stdout.write(
    `${resealed} signing keys were sealed anew: all are under the first key of KEY_ENCRYPTION_KEY.\n`,
  );
});
