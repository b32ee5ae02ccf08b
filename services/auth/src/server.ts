import {
  buildProcess,
  loadConfig,
  run,
  serveBehindGateway,
  tracing,
  withDerivedDefaults,
} from '@pair/service-kit';
import { authService } from './app.ts';
import { AuthProcessConfigSchema } from './config.ts';

await run(async () => {
  const env = loadConfig(AuthProcessConfigSchema, process.env);
  const config = withDerivedDefaults(env, env.PORT);
  const app = await buildProcess(config, [authService(config)], {
    tracing: await tracing('auth', process.env),
  });
  const address = await serveBehindGateway(app, config);
  if (address !== undefined) app.log.info({ address, issuer: config.ISSUER }, 'auth listens');
});
