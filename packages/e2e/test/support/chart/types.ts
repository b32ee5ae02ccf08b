import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@pair/bootstrap';
import type { KubernetesObject } from './helm.ts';

/** The packages whose types are made from the schemas of the API server and of the two custom resources. */
const MODULES: Record<string, string> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'batch/v1': 'kubernetes-models/batch/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

const TSC = [
  ...['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'],
  ...['--ignoreConfig', '--types', ''],
];

/**
 * Checks objects as the API server does: unknown members, missing ones, wrong types and wrong words. The compiler does it,
 * because it refuses a literal with a member that its type lacks.
 *
 * @returns the lines of the compiler; none if all objects are right
 */
export async function typeFaults(objects: KubernetesObject[]): Promise<string[]> {
  const lines = objects.map((object, index) => {
    const module = MODULES[object.apiVersion];
    if (module === undefined) return `unknown apiVersion ${object.apiVersion}`;
    return `export const o${index}: import('${module}').I${object.kind} = ${JSON.stringify(object, null, 1)};`;
  });
  // in this package, because the compiler looks for the types above the file
  const folder = join(ROOT, 'packages/e2e/dist/chart-types');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${process.pid}.ts`);
  writeFileSync(file, lines.join('\n'));
  try {
    await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), [...TSC, file], { cwd: folder });
    return [];
  } catch (error) {
    return String((error as { stdout?: string }).stdout || error)
      .trim()
      .split('\n');
  }
}
