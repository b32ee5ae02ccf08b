import { awaitPostgres, loadConfig, run } from '@pair/service-kit';
import { migrateAuth } from './commands/migrate.ts';
import { MigrateConfigSchema } from './config.ts';

await run(async () => {
  const config = loadConfig(MigrateConfigSchema, process.env);
  await awaitPostgres(config.DATABASE_URL);
  const { admin, advice } = await migrateAuth(config);
  process.stdout.write('The database of auth is up to date.\n');
  if (advice !== undefined) process.stdout.write(`${advice}\n`);
  if (admin !== undefined) process.stdout.write(`The first admin is "${admin.username}".\n`);
  if (admin?.password !== undefined) {
    process.stdout.write(`Its password, shown only now: ${admin.password}\n`);
  }
});
