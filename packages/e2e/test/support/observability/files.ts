import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';

/** The files of the profile `observe` of docker-compose.yml. */
export const FOLDER = join(ROOT, 'services/observability');

export interface Panel {
  id: number;
  type: string;
  title: string;
  datasource?: { type: string; uid: string };
  targets?: { refId: string; expr: string; legendFormat: string }[];
  fieldConfig?: { defaults: { unit?: string } };
  gridPos: { x: number; y: number; w: number; h: number };
}

export interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  panels: Panel[];
}

export function dashboards(): Dashboard[] {
  const folder = join(FOLDER, 'grafana/dashboards');
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
}

export interface Alert {
  name: string;
  expr: string;
  severity: string;
  runbook: string;
}

/** The alerts, in the order of the file. */
export function alerts(): Alert[] {
  const text = readFileSync(join(FOLDER, 'alerts.yml'), 'utf8');
  return text
    .split(/^ {6}- /m)
    .filter((rule) => rule.startsWith('alert: '))
    .map((rule) => ({
      name: one(rule, /^alert: (\w+)$/m),
      expr: one(rule, /^ {8}expr: \|\n((?: {10}.*\n)+)/m),
      severity: one(rule, /severity: (\w+)/),
      runbook: one(rule, /runbook: (\S+)/),
    }));
}

function one(text: string, pattern: RegExp): string {
  const [, found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new Error(`${pattern} is missing in: ${text}`);
  return found;
}
