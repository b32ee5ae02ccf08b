import { rmSync } from 'node:fs';
import { type Teardown, temporaryFolder } from '@pair/test-kit';
import { type Helm, helm, type KubernetesObject } from './helm.ts';
import { VALUE_SETS } from './value-sets.ts';

/** Helm, and the objects of each set of values, by its name. */
export async function rendered(t: Teardown): Promise<Helm & { releases: [string, KubernetesObject[]][] }> {
  const folder = temporaryFolder('helm');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const tool = helm(folder);
  const releases = Object.entries(VALUE_SETS).map(
    async ([name, values]) => [name, await tool.render(values)] as [string, KubernetesObject[]],
  );
  return { ...tool, releases: await Promise.all(releases) };
}
