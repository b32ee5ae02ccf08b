import type { RedisOptions } from 'ioredis';
import { clusterConnector } from './cluster.ts';
import type { Credentials, Host } from './primary-connector.ts';
import { Sentinels } from './sentinels.ts';

/** The arguments that lead a client of ioredis to Redis. */
export interface RedisAddress {
  /** Has the credentials of Redis. If `options` find the host, the host of this URL has no meaning. */
  url: string;
  options: Pick<RedisOptions, 'Connector'>;
  isCluster: boolean;
  sentinels: Sentinels | undefined;
}

/** The settings of a process that say where Redis is. */
export interface RedisSettings {
  REDIS_URL: string;
  REDIS_SENTINEL_USERNAME?: string;
  REDIS_SENTINEL_PASSWORD?: string;
  REDIS_REPLICAS?: number;
}

const REDIS_PORT = 6_379;
const SENTINEL_PORT = 26_379;
const PLAIN = /^rediss?:\/\/./;
/** Sentinel allows no other characters in the name of a primary. */
const WITH_SENTINEL =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)\/(?<name>[A-Za-z0-9._-]+)$/;
/** A cluster has no database but 0. */
const WITH_CLUSTER = /^(?<scheme>rediss?)\+cluster:\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)$/;

/**
 * Reads one of
 *
 * - `redis://user:password@host:6379`,
 * - `redis+sentinel://user:password@host:26379,host:26379/name`, with the credentials of Redis; Sentinel has its own,
 * - `redis+cluster://user:password@host:6379`, the endpoint of a cluster, or several of its nodes.
 *
 * With `rediss` all connections use TLS, those to Sentinel too.
 *
 * @throws {TypeError} without the URL in its message, which may have a password
 */
export function redisAddress(settings: RedisSettings): RedisAddress {
  const { REDIS_URL: url } = settings;
  const parts = (WITH_SENTINEL.exec(url) ?? WITH_CLUSTER.exec(url))?.groups;
  if (parts === undefined) {
    if (!PLAIN.test(url) || !URL.canParse(url)) throw malformed();
    return { url, options: {}, isCluster: false, sentinels: undefined };
  }
  const { scheme = '', user, hosts = '', name } = parts;
  const found = (by: string) => `${scheme}://${user === undefined ? '' : `${user}@`}${by}`;
  if (!URL.canParse(found('host')) || !isDecodable(user)) throw malformed();
  const hostsAt = (defaultPort: number) => hosts.split(',').map((host) => parseHost(host, defaultPort));
  if (name === undefined) {
    const Connector = clusterConnector(hostsAt(REDIS_PORT));
    return { url: found('cluster'), options: { Connector }, isCluster: true, sentinels: undefined };
  }
  const credentials: Credentials = {
    username: settings.REDIS_SENTINEL_USERNAME,
    password: settings.REDIS_SENTINEL_PASSWORD,
    tls: scheme === 'rediss' ? {} : undefined,
  };
  const sentinels = new Sentinels(name, hostsAt(SENTINEL_PORT), credentials);
  return {
    url: found('sentinel'),
    options: { Connector: sentinels.Connector },
    isCluster: false,
    sentinels,
  };
}

/** True for a URL that `redisAddress` can read. */
export function isRedisUrl(url: string): boolean {
  try {
    redisAddress({ REDIS_URL: url });
    return true;
  } catch {
    return false;
  }
}

/** True for the URL of a cluster. Its settings must name the number of replicas: only the operator knows how it keeps a write. */
export function isClusterUrl(url: string): boolean {
  return WITH_CLUSTER.test(url);
}

function parseHost(text: string, defaultPort: number): Host {
  if (!URL.canParse(`redis://${text}`)) throw malformed();
  const { hostname, port } = new URL(`redis://${text}`);
  if (hostname === '') throw malformed();
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || defaultPort) };
}

function isDecodable(text = ''): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function malformed(): TypeError {
  return new TypeError('The URL of Redis is malformed.');
}
