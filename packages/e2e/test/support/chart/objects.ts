import type { KubernetesObject } from './helm.ts';

export const ofKind = (objects: KubernetesObject[], ...kinds: string[]): KubernetesObject[] =>
  objects.filter(({ kind }) => kinds.includes(kind));

export const named = (objects: KubernetesObject[], kind: string, name: string): KubernetesObject =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

/** Whether a selector chooses a pod with these labels. */
export const selects = (selector: Record<string, string>, labels: Record<string, string>): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** The Deployments and Jobs whose pods a selector chooses. */
export const chosen = (objects: KubernetesObject[], selector: Record<string, string>): KubernetesObject[] =>
  ofKind(objects, 'Deployment', 'Job').filter(({ spec }) => selects(selector, spec.template.metadata.labels));

/** The only container of a Deployment or Job. */
export const containerOf = ({ spec }: KubernetesObject): KubernetesObject => spec.template.spec.containers[0];

export const portsOf = (workload: KubernetesObject): KubernetesObject[] => containerOf(workload).ports ?? [];

/** The environment of the container. */
export const environmentOf = (workload: KubernetesObject): Record<string, string> =>
  Object.fromEntries(
    (containerOf(workload).env ?? []).map(({ name, value }: KubernetesObject) => [name, value]),
  );
