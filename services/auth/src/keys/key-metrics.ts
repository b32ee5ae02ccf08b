import type { Metrics } from '@pair/service-kit';
import type { KeyState } from './key-states.ts';

const LIVE_STATES = ['next', 'active', 'retiring'] as const;

/** The keys as this process knows them. */
export interface KeyOverview {
  /** The states of all keys. */
  states: KeyState[];
  /** When the active key gives way to the next; undefined while there is no next key. In ms since 1970. */
  nextRotationAt: number | undefined;
  /** When the keys were last loaded; undefined before the first time. In ms since 1970. */
  loadedAt: number | undefined;
}

export function keyMetrics(metrics: Metrics, overview: () => KeyOverview, now = Date.now): void {
  metrics.gauge(
    {
      name: 'auth_signing_keys',
      help: 'Published signing keys, by state',
      labelNames: ['state'],
    },
    (gauge) => {
      const { states } = overview();
      for (const state of LIVE_STATES) gauge.set({ state }, states.filter((each) => each === state).length);
    },
  );
  metrics.gauge(
    {
      name: 'auth_signing_key_next_rotation_seconds',
      help: 'Time until the next signing key is active; 0 if there is no next key',
    },
    (gauge) => {
      const at = overview().nextRotationAt;
      gauge.set({}, at === undefined ? 0 : (at - now()) / 1_000);
    },
  );
  metrics.gauge(
    {
      name: 'auth_signing_keys_load_age_seconds',
      help: 'Time since the signing keys were last read from PostgreSQL',
    },
    (gauge) => {
      const { loadedAt } = overview();
      if (loadedAt !== undefined) gauge.set({}, (now() - loadedAt) / 1_000);
    },
  );
}
