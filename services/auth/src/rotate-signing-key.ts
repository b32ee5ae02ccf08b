import { loadConfig, run } from '@pair/service-kit';
import { rotateSigningKey } from './commands/rotate-signing-key.ts';
import { withPostgres } from './commands/stores.ts';
import { RotateSigningKeyConfigSchema } from './config.ts';

/** `node dist/rotate-signing-key.js`: the next key takes over as soon as every verifier has it. */
await run(async () => {
  const { DATABASE_URL } = loadConfig(RotateSigningKeyConfigSchema, process.env);
  const { kid, activeFrom, changed } = await withPostgres(DATABASE_URL, (db) => rotateSigningKey(db));
  const seconds = Math.max(0, Math.ceil((activeFrom.getTime() - Date.now()) / 1_000));
  const when = `at ${activeFrom.toISOString()}, in ${seconds} s`;
  process.stdout.write(
    changed
      ? `Signing key ${kid} takes over ${when}.\n`
      : `Signing key ${kid} was to take over ${when}, already: nothing was changed.\n`,
  );
});
