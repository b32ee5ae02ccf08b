import {
  buildProcess,
  loadConfig,
  run,
  serveBehindGateway,
  tracing,
  withDerivedDefaults,
} from '@pair/service-kit';
import { customersService } from './app.ts';
import { CustomersProcessConfigSchema } from './config.ts';

await run(async () => {
  const config = loadConfig(CustomersProcessConfigSchema, process.env);
  const app = await buildProcess(config, [customersService(withDerivedDefaults(config, config.PORT))], {
    tracing: await tracing('customers', process.env),
  });
  await serveBehindGateway(app, config);
});
