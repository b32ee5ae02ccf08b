import { buildProcess, loadConfig, run, serve, tracing, withDerivedDefaults } from '@pair/service-kit';
import { authService } from './app.ts';
import { AuthProcessConfigSchema } from './config.ts';

await run(async () => {
  const env = loadConfig(AuthProcessConfigSchema, process.env);
  const config = withDerivedDefaults(env, env.PORT);
  const app = await buildProcess(config, [authService(config)], {
    tracing: await tracing('auth', process.env),
  });
  const address = await serve(app, config);
  app.log.info({ address, issuer: config.ISSUER }, 'auth listens');
});
