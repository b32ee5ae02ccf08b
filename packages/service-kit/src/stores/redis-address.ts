import type { RedisOptions } from 'ioredis';
import type { Credentials, Host } from './primary-connector.ts';
import { Sentinels } from './sentinels.ts';

/** The arguments that lead a client of ioredis to Redis. */
export interface RedisAddress {
  /** Has the credentials of Redis. With Sentinel, `options` find the host, and the host of this URL has no meaning. */
  url: string;
  options: Pick<RedisOptions, 'Connector'>;
  sentinels: Sentinels | undefined;
}

/** The settings of a process that say where Redis is. */
export interface RedisSettings {
  REDIS_URL: string;
  REDIS_SENTINEL_USERNAME?: string;
  REDIS_SENTINEL_PASSWORD?: string;
  REDIS_REPLICAS?: number;
}

const PLAIN = /^rediss?:\/\/./;
/** Sentinel allows no other characters in the name of a primary. */
const WITH_SENTINEL =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)\/(?<name>[A-Za-z0-9._-]+)$/;

/**
 * Reads `redis://user:password@host:6379`, or `redis+sentinel://user:password@host:26379,host:26379/name`. The credentials
 * in the URL are those of Redis; Sentinel has its own. With `rediss` all connections use TLS, those to Sentinel too.
 *
 * @throws {TypeError} without the URL in its message, which may have a password
 */
export function redisAddress({
  REDIS_URL: url,
  REDIS_SENTINEL_USERNAME: username,
  REDIS_SENTINEL_PASSWORD: password,
}: RedisSettings): RedisAddress {
  const parts = WITH_SENTINEL.exec(url)?.groups;
  if (parts === undefined) {
    if (!PLAIN.test(url) || !URL.canParse(url)) throw malformed();
    return { url, options: {}, sentinels: undefined };
  }
  const { scheme = '', user, hosts = '', name = '' } = parts;
  const credentials: Credentials = { username, password, tls: scheme === 'rediss' ? {} : undefined };
  const sentinels = new Sentinels(name, hosts.split(',').map(parseHost), credentials);
  const primary = `${scheme}://${user === undefined ? '' : `${user}@`}sentinel`;
  if (!URL.canParse(primary) || !isDecodable(user)) throw malformed();
  return { url: primary, options: { Connector: sentinels.Connector }, sentinels };
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

function parseHost(text: string): Host {
  if (!URL.canParse(`redis://${text}`)) throw malformed();
  const { hostname, port } = new URL(`redis://${text}`);
  if (hostname === '') throw malformed();
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 26_379) };
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
