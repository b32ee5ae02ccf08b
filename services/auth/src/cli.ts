import { run } from '@pair/service-kit';
import { program } from './commands/program.ts';

/** `node dist/cli.js <command> [arguments]`: the commands of the operator. */
await run(async () => {
  process.stdout.write(await program.run(process.argv.slice(2), process));
});
