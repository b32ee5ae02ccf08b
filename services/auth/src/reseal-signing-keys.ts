import { loadConfig, run } from '@pair/service-kit';
import { resealSigningKeys } from './commands/reseal-signing-keys.ts';
import { withPostgres } from './commands/stores.ts';
import { ResealSigningKeysConfigSchema } from './config.ts';
import { parseSealingKeys } from './crypto/sealing-keys.ts';

/** `node dist/reseal-signing-keys.js`: afterwards the second key of KEY_ENCRYPTION_KEY is not needed any more. */
await run(async () => {
  const { DATABASE_URL, KEY_ENCRYPTION_KEY } = loadConfig(ResealSigningKeysConfigSchema, process.env);
  const sealingKeys = parseSealingKeys(KEY_ENCRYPTION_KEY);
  const resealed = await withPostgres(DATABASE_URL, (db) => resealSigningKeys(db, sealingKeys));
  process.stdout.write(
    `${resealed} signing keys were sealed anew: all are under the first key of KEY_ENCRYPTION_KEY.\n`,
  );
});
