import assert from 'node:assert/strict';
import { until } from './api-client.mjs';
import { documentedCommands } from './documented-commands.mjs';

/** Starts services/ha from nothing, and loses the primary of Redis and that of PostgreSQL, by the documented commands. */
export async function threeNodes({ docker, check, figure, url, call, ok, refused, refusedWithin }) {
  const [up, kill, bringBack, streams, promote] = documentedCommands('Try it with three nodes');
  const seconds = (start) => ((Date.now() - start) / 1_000).toFixed(1);
  const admin = { username: 'root-of-all', password: `'"$ \\ü ${url}` };
  Object.assign(docker.environment, { ADMIN_USERNAME: admin.username, ADMIN_PASSWORD: admin.password });
  let leaving;
  let staying;

  await check('three nodes and a standby start, with ADMIN_USERNAME and ADMIN_PASSWORD', async () => {
    const start = Date.now();
    await docker.shell(up);
    docker.environment.COMPOSE_FILE = /COMPOSE_FILE=(\S+)/.exec(up)[1];
    await until(20_000, async () => (await call('POST', '/auth/login', { body: admin })).status === 200);
    figure(`three nodes: up in ${seconds(start)} s`);
    leaving = await ok('POST', '/auth/login', { body: admin });
    staying = await ok('POST', '/auth/login', { body: admin });
  });
  await check('after the primary of Redis was killed, a sign-out holds, also when it is back', async () => {
    const start = Date.now();
    await docker.shell(kill);
    // a sign-out that got 503 may have happened: then its token is refused; if no Sentinel wins the first election, the next
    // one begins twenty seconds later
    await until(60_000, async () =>
      [204, 401].includes((await call('POST', '/auth/logout', { session: leaving })).status),
    );
    figure(`three nodes: a sign-out ${seconds(start)} s after the kill`);
    const refusals = async () => {
      await refused(401, 'POST', '/auth/refresh', { body: { refresh_token: leaving.refresh_token } });
      await refusedWithin(1_000, '/customers?n=1', leaving);
      await refusedWithin(1_000, '/auth/me', leaving);
    };
    await refusals();
    await docker.shell(bringBack);
    await until(15_000, async () => /^slave\n/.test(await role(docker, 'redis-0')));
    await refusals();
    staying = await ok('POST', '/auth/refresh', { body: { refresh_token: staying.refresh_token } });
    await ok('GET', '/customers?n=1', { session: staying });
  });
  await check('the standby of PostgreSQL streams, and serves after its promotion', async () => {
    assert.match(await docker.shell(streams), /standby +\| streaming/);
    const customer = await ok('POST', '/customers', {
      body: { name: 'Acknowledged', dob: '1990-01-01' },
      session: staying,
    });
    const start = Date.now();
    await docker.shell(promote);
    await until(20_000, async () => (await call('POST', '/auth/login', { body: admin })).status === 200);
    figure(`three nodes: a sign-in ${seconds(start)} s after the loss of PostgreSQL`);
    const read = () => call('GET', `/customers/${customer.id}`, { session: staying });
    await until(20_000, async () => (await read()).status !== 503);
    assert.deepEqual((await read()).body, customer);
  });
}

/** The user of the Sentinels may ask for it. */
function role(docker, node) {
  const command =
    'redis-cli --no-auth-warning --user sentinel --pass "$(cat /run/secrets/sentinel-password)" role';
  return docker.compose('exec', '-T', node, 'sh', '-c', command);
}
