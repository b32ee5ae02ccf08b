import { isStoreUnavailable } from '@pair/service-kit';
import type { Redis } from 'ioredis';

/** The settings of a node of Redis on which promises depend. `replicas` is the number of connected replicas. */
export const NODE_SETTINGS = [
  'maxmemory-policy',
  'appendonly',
  'appendfsync',
  'min-replicas-to-write',
  'replicas',
] as const;
export type NodeSetting = (typeof NODE_SETTINGS)[number];

/** A setting that `breaks` a promise needs no other fault. One that `endangers` it waits for a fault. */
export type Verdict = 'breaks' | 'endangers' | 'unknown';

/** The settings that are not as they should be, each with one sentence. */
export type Findings = ReadonlyMap<NodeSetting, { verdict: Verdict; sentence: string }>;

/** A primary as it describes itself. A member is undefined if the server does not say it. */
export interface Node {
  evictionPolicy: string | undefined;
  appendsToFile: boolean | undefined;
  appendFsync: string | undefined;
  /** False if the primary goes on without replicas. */
  needsReplicas: boolean;
  replicas: number | undefined;
}

/** The store as the settings of this process describe it. */
export interface Expectation {
  replicas: number;
  /** True if Sentinels may name another primary. */
  hasSentinels: boolean;
  /** True for an engine that acknowledges a write when a log of its own has it. Its append-only file has no meaning. */
  hasLog: boolean;
}

/**
 * Reads the settings of a node. INFO has all but `appendfsync`, and CONFIG may be refused: by the ACL, or by a managed service.
 *
 * @throws {Error} if the node does not answer, or is no primary
 */
export async function readNode(redis: Redis): Promise<Node> {
  const [info, appendFsync] = await Promise.all([redis.info(), readAppendFsync(redis)]);
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const isKnown = field('connected_slaves') !== undefined;
  if (isKnown && field('role') !== 'master') throw new Error('this Redis is no primary');
  const appends = field('aof_enabled');
  return {
    evictionPolicy: field('maxmemory_policy'),
    appendsToFile: appends === undefined ? undefined : appends === '1',
    appendFsync,
    // INFO has this line only if neither min-replicas-to-write nor min-replicas-max-lag is 0
    needsReplicas: field('min_slaves_good_slaves') !== undefined,
    replicas: isKnown ? Number(field('connected_slaves')) : undefined,
  };
}

async function readAppendFsync(redis: Redis): Promise<string | undefined> {
  try {
    const [, value] = (await redis.config('GET', 'appendfsync')) as string[];
    return value;
  } catch (error) {
    const isForbidden = error instanceof Error && error.message.startsWith('NOPERM');
    if (isStoreUnavailable(error) && !isForbidden) throw error;
    return undefined; // NOPERM, or an unknown command
  }
}

/** Compares a node with the settings of this process. docs/decisions/0035 says why each setting breaks or endangers a promise. */
export function findingsOf(node: Node, { replicas, hasSentinels, hasLog }: Expectation): Findings {
  const findings = new Map<NodeSetting, { verdict: Verdict; sentence: string }>();
  const find = (setting: NodeSetting, verdict: Verdict, sentence: string) =>
    void findings.set(setting, { verdict, sentence });
  const unknown = (setting: NodeSetting) =>
    find(setting, 'unknown', `${setting} of Redis is unknown: check it by hand`);

  if (node.evictionPolicy === undefined) unknown('maxmemory-policy');
  else if (node.evictionPolicy !== 'noeviction')
    find(
      'maxmemory-policy',
      'breaks',
      `Redis may evict a revocation, and the token would be valid again: set maxmemory-policy noeviction, not ${node.evictionPolicy}`,
    );

  if (hasLog || node.appendsToFile === undefined) unknown('appendonly');
  else if (!node.appendsToFile)
    find('appendonly', 'endangers', 'a restart of Redis undoes sign-outs: set appendonly yes');

  if (hasLog || (node.appendsToFile !== false && node.appendFsync === undefined)) unknown('appendfsync');
  else if (node.appendsToFile !== false && node.appendFsync !== 'always')
    find(
      'appendfsync',
      'endangers',
      `a crash of the machine undoes the last sign-outs: set appendfsync always, not ${node.appendFsync}`,
    );

  if (replicas > 0 && !node.needsReplicas)
    find(
      'min-replicas-to-write',
      'breaks',
      'a primary of Redis that was replaced still passes for the primary: set min-replicas-to-write 1',
    );

  const isCounted = replicas > 0 || hasSentinels;
  if (isCounted && node.replicas === undefined) unknown('replicas');
  else if (isCounted && node.replicas !== replicas)
    find(
      'replicas',
      'endangers',
      `Redis has ${node.replicas} replicas, and REDIS_REPLICAS is ${replicas}: a failover may undo sign-outs, or must wait`,
    );
  return findings;
}
