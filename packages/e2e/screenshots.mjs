// `node packages/e2e/screenshots.mjs` renews the pictures in docs/images, once `npm test` or `npm start` has installed
// the dependencies. The tests do not run it: fonts differ from machine to machine.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build, ensureCommand, manualInstall, ROOT, refuse, say } from '@pair/bootstrap';

const IMAGES = join(ROOT, 'docs', 'images');
const MAX_BYTES = 60_000;

for (const name of ['nginx', 'chromium', 'pngquant']) {
  if (!ensureCommand(name)) refuse(manualInstall(name));
}
if (!build(['packages/test-kit'])) refuse('The build failed: see the lines above.');

const { testBrowser, testNginx } = await import('@pair/test-kit');
const teardowns = [];
const t = { teardown: (stop) => teardowns.unshift(stop) };
try {
  const port = await readyService();
  const url = await testNginx(t, { auth: [port], customers: [port] });
  const browser = await testBrowser(t);
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1_280, height: 840 } });
    await page.goto(url);
    await page.getByText('customers is up').waitFor();
    write(`front-page-${colorScheme}.png`, await page.screenshot());
  }
} finally {
  for (const stop of teardowns) await stop();
}

/** Stands in for both services: the front page only asks whether they are ready. */
async function readyService() {
  const server = createServer((_request, response) => response.end('{"status":"ready"}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return server.address().port;
}

function write(name, png) {
  const { status, stdout, stderr } = spawnSync('pngquant', ['--strip', '--speed=1', '64', '-'], {
    input: png,
  });
  if (status !== 0) throw new Error(`pngquant: ${stderr}`);
  if (stdout.length > MAX_BYTES)
    throw new Error(`${name} has ${stdout.length} bytes, more than the allowed ${MAX_BYTES}`);
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(join(IMAGES, name), stdout);
  say(`docs/images/${name}: ${stdout.length} bytes`);
}
