import { setTimeout as delay } from 'node:timers/promises';
import { isLong, type TestReplicas, waitFor } from '@pair/test-kit';

/** The process of auth that a partition leaves beside the old primary. */
export const FAR = 'auth0';
/** A failover for which the Sentinels of a busy machine elect more than once. */
const LIMIT_MS = 60_000;
/** The time for which the primary answers without a replica, before it is killed. */
const CUT_MS = 700;
const BLIND_MS = 5_000;
const PARTITION_MS = 6_000;

export type Fault = (lab: TestReplicas) => Promise<void>;

/** The faults of one node. Each ends when the fault is over, and leaves the rest to the Sentinels. */
export const FAULTS = {
  /** The primary loses its replicas, goes on for a moment, and dies. Its node starts again as a replica. */
  async killed(lab) {
    const { primary, node, others } = await nodes(lab);
    lab.network.cut([`node${node}`], others('node'));
    await delay(CUT_MS);
    await primary.kill();
    lab.network.healWithoutSender();
    await replaced(lab, node);
    await primary.start();
    await lab.rejoin(primary);
  },
  /** The primary stands still, and goes on before, during or after the failover: then it still has its clients. */
  async paused(lab) {
    const { primary, node } = await nodes(lab);
    primary.pause();
    await (isLong() ? delay(1_200 + Math.random() * 2_200) : replaced(lab, node));
    primary.resume();
  },
  /** The Sentinels cannot reach the primary, but its clients and replicas can. */
  async unseen(lab) {
    const { node } = await nodes(lab);
    lab.network.cut(['sentinel0', 'sentinel1', 'sentinel2'], [`node${node}`]);
    await delay(BLIND_MS);
    lab.network.heal();
  },
  /** The node of the primary and one process of auth are cut off from all others. */
  async partitioned(lab) {
    const { node, others } = await nodes(lab);
    lab.network.cut(
      [`node${node}`, `sentinel${node}`, FAR],
      [...others('node'), ...others('sentinel'), 'auth1', 'customers'],
    );
    await delay(PARTITION_MS);
    lab.network.heal();
  },
  /** The primary dies and starts again soon, as a primary: the Sentinels may have named another meanwhile. */
  async restarted(lab) {
    const { primary } = await nodes(lab);
    await primary.kill();
    await delay(isLong() ? Math.random() * 3_000 : 300);
    await primary.start();
  },
  planned: (lab) => lab.failover(),
} satisfies Record<string, Fault>;

async function nodes(lab: TestReplicas) {
  const primary = await lab.primary();
  const node = lab.servers.indexOf(primary);
  const others = (kind: string) => [0, 1, 2].filter((each) => each !== node).map((each) => kind + each);
  return { primary, node, others };
}

async function replaced(lab: TestReplicas, node: number): Promise<void> {
  await waitFor(async () => lab.servers.indexOf(await lab.primary()) !== node, LIMIT_MS);
}
