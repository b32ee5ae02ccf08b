import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { version } = JSON.parse(read('package.json'));

t.test('every package has the version of the repository', async (t) => {
  for (const kind of ['packages', 'services']) {
    for (const folder of readdirSync(join(ROOT, kind))) {
      const manifest = `${kind}/${folder}/package.json`;
      if (existsSync(join(ROOT, manifest))) t.equal(JSON.parse(read(manifest)).version, version, folder);
    }
  }
});

t.test('the OpenAPI documents have this version', async (t) => {
  for (const service of ['auth', 'customers']) {
    t.equal(JSON.parse(read(`packages/contract/openapi/${service}.json`)).info.version, version, service);
  }
});

t.test('the images have this version as a label', async (t) => {
  for (const file of ['services/Dockerfile', 'nginx/Dockerfile'])
    t.match(read(file), `org.opencontainers.image.version="${version}"`);
});

t.test('the chart has this version, and installs the images of this version', async (t) => {
  for (const key of ['version', 'appVersion'])
    t.match(
      read('services/chart/Chart.yaml'),
      new RegExp(`^${key}: ${version.replaceAll('.', '\\.')}( |$)`, 'm'),
    );
});

t.test('the newest release in the changelog is this version', async (t) => {
  const [, newest] = /^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/m.exec(read('docs/CHANGELOG.md')) ?? [];
  t.equal(newest, version);
});
