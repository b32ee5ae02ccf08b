import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t, { type Test } from 'tap';
import { type KubernetesObject, RELEASE } from './support/chart/helm.ts';
import { chosen, containerOf, environmentOf, named, ofKind, portsOf } from './support/chart/objects.ts';
import { rendered } from './support/chart/rendered.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { releases } = await rendered(t);

/** One test of a rule, for the objects of each set of values. */
function rule(title: string, check: (t: Test, objects: KubernetesObject[]) => void): void {
  t.test(title, async (t) => {
    for (const [name, objects] of releases) await t.test(name, async (t) => check(t, objects));
  });
}

rule('a rollout and a drain of nodes always leave a pod that serves', (t, objects) => {
  const deployments = ofKind(objects, 'Deployment');
  t.strictSame(deployments.map(({ metadata }) => metadata.name).sort(), [
    `${RELEASE}-auth`,
    `${RELEASE}-customers`,
    `${RELEASE}-gateway`,
  ]);
  for (const { metadata, spec } of deployments) {
    t.ok(spec.replicas >= 2, metadata.name);
    t.strictSame(spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    // the nodes learn within four seconds that a pod has come, and a proxy with fail_timeout=5s tries it again after five
    t.ok(spec.minReadySeconds > 5, `${spec.minReadySeconds} s`);
    for (const { matchLabelKeys, labelSelector } of spec.template.spec.topologySpreadConstraints) {
      t.strictSame(matchLabelKeys, ['pod-template-hash']);
      t.strictSame(labelSelector, spec.selector);
    }
    const budget = named(objects, 'PodDisruptionBudget', metadata.name);
    t.strictSame(budget?.spec, {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: spec.selector,
    });
  }
});

rule('a pod that ends serves on, and then has the time to finish its requests', (t, objects) => {
  const drain = Number(/DRAIN_TIMEOUT_MS = (\d+)_000/.exec(read('packages/service-kit/src/serve.ts'))?.[1]);
  for (const deployment of ofKind(objects, 'Deployment')) {
    const { lifecycle } = containerOf(deployment);
    const grace = deployment.spec.template.spec.terminationGracePeriodSeconds;
    t.ok(lifecycle.preStop.sleep.seconds >= 8);
    t.ok(lifecycle.preStop.sleep.seconds + drain < grace, `${grace} s`);
  }
});

rule('the stores decide when a service begins to serve, and never take a pod out later', (t, objects) => {
  for (const name of ['auth', 'customers']) {
    const container = containerOf(named(objects, 'Deployment', `${RELEASE}-${name}`));
    t.equal(container.startupProbe.httpGet.path, '/readyz');
    t.equal(container.readinessProbe.httpGet.path, '/livez');
    t.equal(container.livenessProbe.httpGet.path, '/livez');
    const { periodSeconds, failureThreshold } = container.livenessProbe;
    t.ok(periodSeconds * failureThreshold >= 60, 'a busy machine is no reason to restart');
  }
});

rule('selectors find pods, and ports exist', (t, objects) => {
  for (const { kind, metadata, spec } of ofKind(objects, 'Service', 'Deployment', 'PodDisruptionBudget')) {
    const found = chosen(objects, spec.selector.matchLabels ?? spec.selector);
    t.equal(found.length, 1, `${kind} ${metadata.name}`);
    for (const { targetPort } of spec.ports ?? [])
      t.ok(portsOf(found[0]).some(({ name }: KubernetesObject) => name === targetPort));
  }
  for (const deployment of ofKind(objects, 'Deployment')) {
    const container = containerOf(deployment);
    t.ok(container.readinessProbe && container.livenessProbe, deployment.metadata.name);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      const port = container[probe]?.httpGet.port;
      t.ok(
        port === undefined || portsOf(deployment).some(({ name }: KubernetesObject) => name === port),
        probe,
      );
    }
  }
  for (const { spec } of ofKind(objects, 'HTTPRoute')) {
    for (const { name, port } of spec.rules[0].backendRefs)
      t.equal(named(objects, 'Service', name).spec.ports[0].port, port);
  }
  for (const { spec } of ofKind(objects, 'PodMonitor')) {
    const found = chosen(objects, spec.selector.matchLabels).filter(({ kind }) => kind === 'Deployment');
    t.equal(found.length, 3);
    for (const { port } of spec.podMetricsEndpoints)
      t.ok(found.every((pod) => portsOf(pod).some(({ name }: KubernetesObject) => name === port)));
  }
});

rule('pods are restricted, and have limits', (t, objects) => {
  for (const workload of ofKind(objects, 'Deployment', 'Job')) {
    const pod = workload.spec.template.spec;
    const container = containerOf(workload);
    t.equal(pod.containers.length, 1);
    t.equal(pod.automountServiceAccountToken, false);
    t.equal(pod.enableServiceLinks, false);
    t.match(pod.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    t.ok(pod.securityContext.runAsUser > 0);
    t.strictSame(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    t.match(container.resources, { requests: { cpu: /\d/, memory: /\d/ }, limits: { memory: /\d/ } });
    t.match(container.image, /^[a-z0-9./-]+:[\w.-]+(@sha256:[0-9a-f]{64})?$/);
  }
});

rule('each pod reads the secrets that compose gives it, and no other', (t, objects) => {
  const files = [...read('services/make-secrets.sh').matchAll(/\| write ([\w-]+)\/([\w-]+)$/gm)];
  for (const consumer of ['auth', 'auth-migrate', 'customers', 'customers-migrate']) {
    const kind = consumer.endsWith('-migrate') ? 'Job' : 'Deployment';
    const workload = named(objects, kind, `${RELEASE}-${consumer}`);
    const [volume, ...others] = workload.spec.template.spec.volumes;
    t.strictSame(others, []);
    t.equal(volume.secret.secretName, consumer, 'as in examples/minimal.yaml');
    const keys: string[] = volume.secret.items.map(({ key }: KubernetesObject) => key);
    t.strictSame(
      // compose has no Sentinels, no pooler and one Redis
      keys
        .filter((key) => !['redis-sentinel-password', 'database-direct-url', 'dpop-redis-url'].includes(key))
        .sort(),
      files
        .filter(([, owner]) => owner === consumer)
        .map(([, , file]) => file)
        .sort(),
    );
    const [{ mountPath }] = containerOf(workload).volumeMounts;
    const variables = Object.entries(environmentOf(workload)).filter(([name]) => name.endsWith('_FILE'));
    t.strictSame(variables.map(([, path]) => path).sort(), keys.map((key) => `${mountPath}/${key}`).sort());
  }
  t.strictSame(ofKind(objects, 'Secret'), []);
});

rule('migrations run before the new pods, with the commands of compose', (t, objects) => {
  for (const { metadata, spec } of ofKind(objects, 'Job')) {
    t.equal(metadata.annotations['helm.sh/hook'], 'pre-install,pre-upgrade');
    t.equal(spec.template.spec.restartPolicy, 'Never');
    t.ok(spec.activeDeadlineSeconds > 0);
    const { command, image } = spec.template.spec.containers[0];
    t.match(read('docker-compose.yml'), `command: [${command.join(', ')}]`);
    const service = metadata.name.replace(/-migrate$/, '');
    t.equal(image, containerOf(named(objects, 'Deployment', service)).image);
  }
});

rule('the gateway names each Service twice, and holds none for down', (t, objects) => {
  const conf: string = named(objects, 'ConfigMap', `${RELEASE}-gateway`).data['upstreams.conf'];
  const servers = [...conf.matchAll(/^ +server (\S+):(\d+) (.+);$/gm)];
  t.strictSame(
    servers.map(([, name]) => name),
    ['auth', 'auth', 'customers', 'customers'].map((name) => `${RELEASE}-${name}`),
  );
  for (const [, name = '', port, options] of servers) {
    t.equal(named(objects, 'Service', name).spec.ports[0].port, Number(port));
    t.equal(options, 'max_fails=0');
  }
});

rule('each pod has one policy, or none has', (t, objects) => {
  const policies = ofKind(objects, 'NetworkPolicy');
  const workloads = ofKind(objects, 'Deployment', 'Job');
  const covered = policies.flatMap(({ spec }) => chosen(objects, spec.podSelector.matchLabels));
  t.strictSame(covered.map(nameOf).sort(), policies.length === 0 ? [] : workloads.map(nameOf).sort());
  for (const { spec } of policies) t.strictSame(spec.policyTypes, ['Ingress', 'Egress']);
});

const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`;

rule('the pods reach each other as in the networks of compose', (t, objects) => {
  const policies = ofKind(objects, 'NetworkPolicy');
  if (policies.length === 0) return t.pass();
  const policyOf = (name: string) => named(objects, 'NetworkPolicy', `${RELEASE}-${name}`).spec;
  const peers = (rules: KubernetesObject[] = [], direction: 'from' | 'to') =>
    rules
      .filter(({ ports }) => ports[0].port === 8080)
      .flatMap((each) => each[direction] ?? [])
      .flatMap(({ podSelector }) => (podSelector ? chosen(objects, podSelector.matchLabels) : []))
      .map(({ metadata }) => metadata.name.replace(`${RELEASE}-`, ''));
  const EDGES = { gateway: ['auth', 'customers'], customers: ['auth'], auth: [], migration: [] };
  for (const [from, targets] of Object.entries(EDGES)) {
    t.strictSame(peers(policyOf(from).egress, 'to'), targets, from);
    for (const to of Object.keys(EDGES))
      t.equal(
        peers(policyOf(to).ingress, 'from').includes(from),
        targets.includes(to as never),
        `${from} ${to}`,
      );
  }
  const stores = { gateway: [], auth: [5432, 6379], customers: [5432, 6379], migration: [5432] };
  for (const [name, ports] of Object.entries(stores)) {
    const out = policyOf(name).egress.flatMap((each: KubernetesObject) => each.ports);
    const numbers: number[] = out.map(({ port }: KubernetesObject) => port);
    t.strictSame(
      numbers.filter((port) => ![53, 8080, 4318, 26379].includes(port)),
      ports,
      name,
    );
  }
});
