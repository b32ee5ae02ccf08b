import { say } from '@pair/bootstrap';
import { run } from '@pair/service-kit';
import { prepare, welcome } from './prepare.ts';
import { startServices } from './services.ts';
import { superviseStores } from './stores.ts';

await run(async () => {
  const { config, data, stores } = await prepare();
  const stopStores = superviseStores(stores, (error) => {
    throw error; // an unhandled rejection: the services stop in order, and the process ends with 1
  });
  await startServices(config, stores.urls, data.secrets.keyEncryptionKey, async (app) => {
    // the last one, because Fastify closes this plugin after the services
    app.addHook('onClose', async () => {
      await stopStores();
      say('Stopped.');
    });
  });
  welcome(config, data);
});
