import { type RedisSettings, redisAddress, repeat, withinListening } from '@pair/service-kit';
import type { FastifyBaseLogger } from 'fastify';
import fp from 'fastify-plugin';
import { type Findings, findingsOf, NODE_SETTINGS, readNode, type Verdict } from './node-settings.ts';

const HOUR_MS = 3_600_000;
/** The pause while a setting is wrong, so that its correction is seen soon. */
const WRONG_MS = 60_000;
const RETRY_MS = 10_000;
/** The longest wait for the first check, at the start of a process. */
const FIRST_CHECK_LIMIT_MS = 1_000;
const VERDICTS: readonly Verdict[] = ['breaks', 'endangers', 'unknown'];

declare module 'fastify' {
  interface FastifyInstance {
    /** Checks the settings of Redis now. */
    checkRedisNode(): Promise<void>;
  }
}

/**
 * Checks the settings of the primary at the start, on each connection, and hourly, never for a request. A setting that endangers a
 * promise is logged; while one breaks a promise, the service is not ready. A check without an answer changes nothing.
 */
export const redisNode = fp<{ settings: RedisSettings }>(
  async (app, { settings }) => {
    const { REDIS_REPLICAS: replicas = 0 } = settings;
    const { sentinels, isCluster } = redisAddress(settings);
    const expectation = {
      replicas,
      hasSentinels: sentinels !== undefined,
      hasLog: isCluster && replicas === 0,
    };
    let findings: Findings = new Map();
    const check = repeat(
      async () => {
        const found = findingsOf(await readNode(app.redis), expectation);
        report(app.log, findings, found);
        findings = found;
      },
      {
        pauseMs: (failures) => {
          if (failures > 0) return RETRY_MS;
          return [...findings.values()].some(({ verdict }) => verdict !== 'unknown') ? WRONG_MS : HOUR_MS;
        },
      },
    );
    const start = () => void check.runNow();
    app.redis.on('ready', start);
    app.addHook('onReady', async () => void (await withinListening(check.runNow(), FIRST_CHECK_LIMIT_MS)));
    app.addHook('onClose', async () => {
      check.stop();
      app.redis.off('ready', start);
    });
    app.decorate('checkRedisNode', check.runNow);
    app.readinessCheck('auth', 'settings of Redis', async () => {
      const broken = [...findings.values()].find(({ verdict }) => verdict === 'breaks');
      if (broken !== undefined) throw new Error(broken.sentence);
    });
    app.metrics.gauge(
      {
        name: 'auth_redis_settings',
        help: '1 if the setting of Redis breaks or endangers a promise, or cannot be read; otherwise 0',
        labelNames: ['setting', 'state'],
      },
      (gauge) => {
        for (const setting of NODE_SETTINGS) {
          const verdict = findings.get(setting)?.verdict;
          for (const state of VERDICTS) gauge.set({ setting, state }, verdict === state ? 1 : 0);
        }
      },
    );
  },
  { name: 'redis-node', dependencies: ['redis'] },
);

const LEVELS = { breaks: 'error', endangers: 'warn', unknown: 'info' } as const;

/** Logs each sentence once, when it becomes true and when it is over. */
function report(log: FastifyBaseLogger, before: Findings, now: Findings): void {
  for (const setting of NODE_SETTINGS) {
    const [old, current] = [before.get(setting), now.get(setting)];
    if (current?.sentence === old?.sentence) continue;
    if (current === undefined) log.info({ setting }, `${setting} of Redis is as it should be again`);
    else log[LEVELS[current.verdict]]({ setting }, current.sentence);
  }
}
