import { loadConfig, run } from '@pair/service-kit';
import { rotateSigningKey } from './commands/rotate-signing-key.ts';
import { RotateSigningKeyConfigSchema } from './config.ts';

/** `node dist/rotate-signing-key.js`: the next key takes over as soon as every verifier has it. */
await run(async () => {
  const config = loadConfig(RotateSigningKeyConfigSchema, process.env);
  const { kid, activeFrom, changed } = await rotateSigningKey(config);
  const seconds = Math.max(0, Math.ceil((activeFrom.getTime() - Date.now()) / 1_000));
  const when = `at ${activeFrom.toISOString()}, in ${seconds} s`;
  process.stdout.write(
    changed
      ? `Signing key ${kid} takes over ${when}.\n`
      : `Signing key ${kid} was to take over ${when}, already: nothing was changed.\n`,
  );
});
