import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import { freePort, runProgram, startProgram, temporaryFolder, waitFor } from '@pair/test-kit';
import t from 'tap';
import { alerts, dashboards, FOLDER } from './support/observability/files.ts';

const UNITS = ['none', 's', 'bytes', 'percentunit', 'reqps', 'ops', 'cps'];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

t.test('Prometheus and Alertmanager accept their files', async (t) => {
  t.match(await runProgram('promtool', ['check', 'config', join(FOLDER, 'prometheus.yml')]), /SUCCESS/);
  t.match(await runProgram('amtool', ['check-config', join(FOLDER, 'alertmanager.yml')]), /SUCCESS/);
});

t.test('each alert fires for its fault after its time, and is quiet without the fault', async (t) => {
  const tests = 'services/observability/alerts.test.yml';
  t.match(await runProgram('promtool', ['test', 'rules', join(ROOT, tests)]), /SUCCESS/);
  for (const { name } of alerts()) {
    t.match(read(tests), new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`), `${name} fires`);
    t.match(read(tests), new RegExp(`alertname: ${name}, exp_alerts: \\[\\]`), `${name} is quiet`);
  }
});

t.test('each alert names its heading in the documentation', async (t) => {
  const headings = [...read('docs/operations.md').matchAll(/^#+ (\w+)$/gm)].map(([, name]) => name);
  for (const { name, severity, runbook } of alerts()) {
    t.ok(headings.includes(name), name);
    t.equal(runbook, `docs/operations.md#${name.toLowerCase()}`);
    t.match(severity, /^(page|ticket)$/);
  }
});

t.test('the dashboards have the form that Grafana reads', async (t) => {
  const all = dashboards();
  t.strictSame(all.map(({ uid }) => uid).sort(), ['security', 'the-pair']);
  for (const { uid, schemaVersion, panels } of all) {
    t.ok(schemaVersion >= 39, uid);
    const ids = panels.map(({ id }) => id);
    t.equal(new Set(ids).size, ids.length, `${uid}: each panel has an id of its own`);
    for (const { title, type, datasource, targets = [], fieldConfig, gridPos } of panels) {
      t.ok(title, `${uid}: a title`);
      t.ok(gridPos.x + gridPos.w <= 24, `${title}: within the width`);
      if (type === 'row') continue;
      t.match(type, /^(timeseries|stat)$/, title);
      t.strictSame(datasource, { type: 'prometheus', uid: 'prometheus' }, title);
      t.ok(UNITS.includes(fieldConfig?.defaults.unit ?? ''), `${title}: ${fieldConfig?.defaults.unit}`);
      t.ok(targets.length > 0, title);
      t.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      for (const { expr, legendFormat } of targets) t.ok(expr && legendFormat, title);
    }
    t.notOk(
      panels.some((one, i) => panels.slice(i + 1).some((other) => overlap(one.gridPos, other.gridPos))),
    );
  }
  const datasource = read('services/observability/grafana/provisioning/datasources/prometheus.yml');
  t.match(datasource, /^ +uid: prometheus$/m);
});

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

t.test('the profile publishes only on the loopback interface, and is as hardened as the rest', async (t) => {
  const compose = read('docker-compose.yml');
  for (const [name, image] of [
    ['prometheus', 'PROMETHEUS_IMAGE:-prom/prometheus'],
    ['alertmanager', 'ALERTMANAGER_IMAGE:-prom/alertmanager'],
    ['grafana', 'GRAFANA_IMAGE:-grafana/grafana'],
  ] as const) {
    const [service = ''] = new RegExp(`^  ${name}:\\n(?: {4}.*\\n)+`, 'm').exec(compose) ?? [];
    t.match(service, new RegExp(`image: \\$\\{${image}:v?\\d+\\.\\d+\\.\\d+\\}`), name);
    for (const line of ['<<: *hardened', 'profiles: [observe]']) t.match(service, line, name);
    for (const line of [/^ {4}user: /m, /^ {4}mem_limit: /m, /^ {4}pids_limit: /m])
      t.match(service, line, name);
    const [, ports = ''] = /^ {4}ports:\n((?: {6}- .*\n)+)/m.exec(service) ?? [];
    // a website in the browser of an operator could silence all alerts: see docs/decisions/0031-dashboards-without-a-password.md
    if (name === 'alertmanager') t.notMatch(service, /ports:|network_mode/, name);
    else t.match(ports, /^ {6}- 127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+\n$/, name);
  }
});

t.test(
  'no website can read the metrics through the browser of an operator, or stop Prometheus',
  async (t) => {
    const port = await freePort();
    const folder = temporaryFolder('prometheus');
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    await startProgram(t, 'prometheus', [
      `--config.file=${join(FOLDER, 'prometheus.yml')}`,
      `--storage.tsdb.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...(read('docker-compose.yml').match(/--web\.\S+/g) ?? []),
    ]);
    const url = `http://127.0.0.1:${port}`;
    await waitFor(async () => (await fetch(`${url}/-/ready`)).ok, 20_000);
    for (const origin of ['https://website.example', 'null', 'http://127.0.0.1:1234']) {
      const { status, headers } = await fetch(`${url}/api/v1/query?query=up`, { headers: { origin } });
      t.equal(status, 200);
      t.equal(headers.get('access-control-allow-origin'), null, origin);
    }
    for (const path of ['/-/quit', '/-/reload', '/api/v1/admin/tsdb/delete_series?match[]=up']) {
      t.notOk((await fetch(url + path, { method: 'POST' })).ok, path);
    }
  },
);
