import type { RedisOptions } from 'ioredis';
import { askOnce, type Connector, type Host, openStream, primaryConnector } from './primary-connector.ts';

const SLOTS = 16_384;

/** A node in an answer to CLUSTER SLOTS. Without a host, it is the host that was asked. */
type Node = [host: string | null, port: number, ...rest: unknown[]];
/** A range of slots, both ends included. */
type Range = [from: number, to: number, primary: Node, ...replicas: Node[]];

/**
 * Leads clients of ioredis to the primary of a cluster with one shard. All keys have one slot, so the client needs no other node,
 * and a plain client suffices: scripts, WAIT and blocking reads stay on one connection. After a failover the old primary
 * answers MOVED, and the client connects again.
 *
 * @param hosts the endpoint of the cluster, or several nodes; all are asked at once, and the first answer counts
 */
export function clusterConnector(hosts: readonly Host[]): Connector {
  return primaryConnector(async (limitMs, options) =>
    openStream(await findPrimary(hosts, limitMs, options), options),
  );
}

/** @throws {Error} with one sentence about the shards, or else with the reason of one node */
async function findPrimary(hosts: readonly Host[], limitMs: number, options: RedisOptions): Promise<Host> {
  const answers = hosts.map(async (host) => {
    const ranges = await askOnce(host, options, limitMs, ['CLUSTER', 'SLOTS']);
    return primaryOf(ranges as Range[], host);
  });
  try {
    return await Promise.any(answers);
  } catch (error) {
    const { errors } = error as AggregateError;
    const reason = errors.find((each) => each instanceof LayoutError) ?? errors[0];
    throw new Error(`no node of the cluster names a primary: ${reason.message}`, { cause: reason });
  }
}

class LayoutError extends Error {}

function primaryOf(ranges: Range[], asked: Host): Host {
  const served = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const shards = new Map(ranges.map(([, , [host, port]]) => [`${host} ${port}`, { host, port }]));
  const [primary] = shards.values();
  if (shards.size > 1) {
    throw new LayoutError(`it has ${shards.size} shards, and the services need a cluster with one`);
  }
  if (primary === undefined || served < SLOTS) {
    throw new LayoutError(`${SLOTS - served} of its slots have no node`);
  }
  return { host: primary.host || asked.host, port: primary.port };
}
