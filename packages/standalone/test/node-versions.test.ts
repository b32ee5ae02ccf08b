import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@pair/bootstrap';
import { isLong, type Teardown, temporaryFolder } from '@pair/test-kit';
import t from 'tap';
import { client, dataFolder, printedPassword, start } from './support/start.ts';

const FLOOR = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node.replace('>=', '');
const VERSIONS = [FLOOR, '22', '24', '26'];

const skip = isLong() ? false : 'it downloads each Node: see npm run test:long';
t.setTimeout(VERSIONS.length * 180_000);

for (const version of VERSIONS) {
  t.test(`npm start on Node ${version}: sign in, and list customers`, { skip }, async (t) => {
    const node = await nodeOf(t, version);
    t.match((await promisify(execFile)(node, ['--version'])).stdout, `v${version}.`);
    const { url, output, stop } = await start(t, { DATA_DIR: dataFolder(t) }, node);
    const request = await client(url, printedPassword(output()) ?? '');
    t.equal((await request('GET', '/customers')).status, 200);
    t.equal(await stop(), 0);
    t.notMatch(output(), /warning|deprecat/i);
  });
}

/** The program of the npm package `node`. */
async function nodeOf(t: Teardown, version: string): Promise<string> {
  const folder = temporaryFolder('node');
  t.teardown(() => rmSync(folder, { recursive: true }));
  await promisify(execFile)('npm', ['install', '--no-save', '--prefix', folder, `node@${version}`]);
  return join(folder, 'node_modules', 'node', 'bin', 'node');
}
