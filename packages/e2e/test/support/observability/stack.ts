import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startProgram, type Teardown, temporaryFolder, waitFor } from '@pair/test-kit';
import { FOLDER } from './files.ts';

/** The ports that Prometheus reads, by job. */
export type Targets = Record<'auth' | 'customers' | 'nginx', number[]>;

export interface Stack {
  /** The time series of an expression, at this moment. */
  query(expr: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]>;
  /** The alerts that fire now. */
  firing(): Promise<string[]>;
  /** The alerts that Alertmanager would send, by severity. */
  notifications(): Promise<Record<string, string[]>>;
}

/** A range of five minutes becomes five seconds. */
const RANGE_FACTOR = 60;
/** An alert `for` ten minutes fires after two seconds. */
const FOR_FACTOR = 300;
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Starts Prometheus and Alertmanager with the files of the repository, except addresses and durations. */
export async function startStack(t: Teardown, targets: Targets): Promise<Stack> {
  const folder = temporaryFolder('prometheus');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [port, alertmanagerPort] = [await freePort(), await freePort()];
  const [url, alertmanagerUrl] = [port, alertmanagerPort].map((each) => `http://127.0.0.1:${each}`);
  writeFileSync(join(folder, 'prometheus.yml'), prometheusYml(targets, alertmanagerPort));
  writeFileSync(join(folder, 'alerts.yml'), quickRules());
  const outputs = await Promise.all([
    startProgram(t, 'prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]),
    startProgram(t, 'alertmanager', [
      `--config.file=${join(FOLDER, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
      '--cluster.listen-address=',
    ]),
  ]);

  const get = async (address: string) => {
    const response = await fetch(address);
    const body = await response.text();
    if (!response.ok) throw new Error(`${address}: ${body}`);
    return JSON.parse(body);
  };
  const stack: Stack = {
    async query(expr) {
      const { data } = await get(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
      return data.result;
    },
    async firing() {
      const { data } = await get(`${url}/api/v1/alerts`);
      return data.alerts
        .filter(({ state }: { state: string }) => state === 'firing')
        .map(({ labels }: { labels: { alertname: string } }) => labels.alertname);
    },
    async notifications() {
      const groups = await get(`${alertmanagerUrl}/api/v2/alerts/groups`);
      return Object.fromEntries(
        groups.map(({ labels, alerts }: Group) => [labels.severity, namesOf(alerts)]),
      );
    },
  };
  await waitFor(async () => (await fetch(`${url}/-/ready`)).ok, 20_000).catch((error) => {
    throw new Error(outputs.map((output) => output()).join('\n'), { cause: error });
  });
  return stack;
}

interface Group {
  labels: { severity: string };
  alerts: { labels: { alertname: string } }[];
}

function namesOf(alerts: Group['alerts']): string[] {
  return alerts.map(({ labels }) => labels.alertname);
}

function prometheusYml(targets: Targets, alertmanagerPort: number): string {
  let text = readFileSync(join(FOLDER, 'prometheus.yml'), 'utf8');
  const replace = (pattern: RegExp, by: string) => {
    if (!pattern.test(text)) throw new Error(`${pattern} is missing in prometheus.yml`);
    text = text.replace(pattern, by);
  };
  const listOf = (ports: number[]) => `[${ports.map((port) => `"127.0.0.1:${port}"`).join(', ')}]`;
  replace(/(?<=_interval: )15s/g, '1s');
  replace(/\["alertmanager:9093"\]/, listOf([alertmanagerPort]));
  replace(/\["nginx:9464"\]/, listOf(targets.nginx));
  for (const job of ['auth', 'customers'] as const) {
    const discovery = new RegExp(`dns_sd_configs:\\n +- \\{ names: \\[${job}\\], type: A, port: 9464.*\\}`);
    replace(discovery, `static_configs: [{ targets: ${listOf(targets[job])} }]`);
  }
  return text;
}

/**
 * The rules, so quick that a test need not wait for minutes: `promtool test rules` checks the real durations. The keys are
 * loaded every ten seconds, so their age shows a fault after twelve. A nonce is made each minute, so its age does after 65.
 */
function quickRules(): string {
  const shorten = (text: string, factor: number) =>
    text.replace(/(\d+)([smhd])/, (_, count, unit) => `${(count * 1_000 * (SECONDS[unit] ?? 0)) / factor}ms`);
  return readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')
    .replaceAll(/\[\d+[smhd]\]/g, (range) => shorten(range, RANGE_FACTOR))
    .replaceAll(/for: \d+[smhd]/g, (duration) => shorten(duration, FOR_FACTOR))
    .replace('load_age_seconds > 120', 'load_age_seconds > 12')
    .replace('nonce_age_seconds > 120', 'nonce_age_seconds > 65');
}
