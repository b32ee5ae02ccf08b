import { loadConfig, OperatorError, run } from '@pair/service-kit';
import { revokeSigningKeys } from './commands/revoke-signing-key.ts';
import { withPostgres, withRedis } from './commands/stores.ts';
import { RevokeSigningKeyConfigSchema } from './config.ts';
import { keyAnnouncer } from './keys/announce-keys.ts';

/** `node dist/revoke-signing-key.js <kid>`, or `--all`: for keys that somebody else may have. */
await run(async () => {
  const [which, ...others] = process.argv.slice(2);
  if (which === undefined || others.length > 0) {
    throw new OperatorError(
      'Usage: revoke-signing-key <kid>, or --all. The kids are at /.well-known/jwks.json, and in the head of each token',
    );
  }
  const { DATABASE_URL, REDIS_URL } = loadConfig(RevokeSigningKeyConfigSchema, process.env);
  const { kids, active } = await withRedis(REDIS_URL, (redis, clock) =>
    withPostgres(DATABASE_URL, (db) =>
      revokeSigningKeys(db, keyAnnouncer(redis, clock), which === '--all' ? 'all' : which),
    ),
  );
  for (const kid of kids) process.stdout.write(`Signing key ${kid} is revoked.\n`);
  process.stdout.write(
    active === undefined
      ? 'None is left: auth makes another one, which verifiers have within a minute.\n'
      : `Signing key ${active} signs.\n`,
  );
});
