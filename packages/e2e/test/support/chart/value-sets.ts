import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CHART, type KubernetesObject } from './helm.ts';

/** The objects of an example, as Kubernetes reads them; values are one object. */
export function documents(name: string): KubernetesObject[] {
  const text = readFileSync(join(CHART, 'examples', name), 'utf8');
  return parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS());
}

/** The values in `changes` over those of the smallest example. */
export function valuesWith(changes: object): object {
  return merge(documents('minimal.yaml')[0], changes);
}

function merge(base: object, changes: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(changes)) {
    const old = result[name];
    const areObjects = [old, value].every((each) => each?.constructor === Object);
    result[name] = areObjects ? merge(old as object, value) : value;
  }
  return result;
}

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** Values of different installations, by a word for each. */
export const VALUE_SETS: Record<string, object> = {
  smallest: valuesWith({}),
  'Gateway API': valuesWith(documents('gateway-api.yaml')[0]),
  'load balancer': valuesWith({
    gateway: {
      preStopSeconds: 40,
      trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
      service: { type: 'LoadBalancer', annotations: { 'example.org/tls-certificate': 'api' } },
    },
  }),
  'all settings': valuesWith({
    settings: {
      LOG_LEVEL: 'debug',
      AUDIENCE: 'https://api.example.org/customers',
      TRUSTED_PROXIES: '100.64.0.0/10',
      CORS_ORIGINS: 'https://a.example.org,https://b.example.org',
      SUBJECT_RATE_LIMIT: 100_000,
      REVOCATION_MAX_STALENESS_SECONDS: 30,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.observability:4318',
    },
    auth: {
      settings: {
        REGISTRATION: 'open',
        REGISTRATION_SCOPES: 'customers:read',
        PRODUCT_NAME: 'Yes: "ours" #1',
      },
      migration: { settings: { ADMIN_USERNAME: 'root' } },
    },
    networkPolicy: { collector: { to: [{ namespaceSelector: {} }], ports: [4318] } },
  }),
  'closed networks, pinned images, Sentinels, pooler': valuesWith({
    redisSentinelPassword: true,
    dpopRedisUrl: true,
    settings: { DATABASE_POOLER: 'transaction', REDIS_REPLICAS: 2, REDIS_SENTINEL_USERNAME: 'pair' },
    imagePullSecrets: [{ name: 'registry' }],
    auth: { replicas: 3, image: { tag: `0.2.0@${digest}` } },
    customers: { replicas: 5 },
    networkPolicy: {
      clients: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } } }],
      prometheus: [],
      postgres: { to: [{ podSelector: { matchLabels: { 'cnpg.io/cluster': 'postgres' } } }], ports: [5432] },
      redis: { to: [{ ipBlock: { cidr: '10.1.2.0/24' } }], ports: [6379, 26379] },
    },
    metrics: { discovery: 'none' },
  }),
  'managed cluster of Redis': valuesWith(documents('memorydb.yaml')[0]),
  'Prometheus operator, no policies': valuesWith({
    networkPolicy: { enabled: false },
    metrics: { discovery: 'podMonitor' },
  }),
};
