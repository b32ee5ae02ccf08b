import type { Metrics } from '@pair/service-kit';
import type { Nonces } from './nonces.ts';

const OUTCOMES = ['accepted', 'invalid', 'nonce', 'used', 'unavailable'] as const;
export type ProofOutcome = (typeof OUTCOMES)[number];

/** Returns a function that counts a proof. */
export function proofMetrics(
  metrics: Metrics,
  service: string,
  nonces: Nonces,
): (outcome: ProofOutcome) => void {
  const proofs = metrics.counter({
    name: 'dpop_proofs_total',
    help: 'Proofs of possession by outcome; nonce: without a nonce that is accepted; used: a second time; unavailable: 503',
    labelNames: ['service', 'outcome'],
  });
  for (const outcome of OUTCOMES) proofs.inc({ service, outcome }, 0);
  metrics.gauge(
    {
      name: 'dpop_nonce_age_seconds',
      help: 'Time since this process learned the newest nonce for proofs, or since its start',
      labelNames: ['service'],
    },
    (gauge) => gauge.set({ service }, nonces.ageSeconds()),
  );
  return (outcome) => proofs.inc({ service, outcome });
}
