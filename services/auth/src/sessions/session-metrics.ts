import type { Metrics } from '@pair/service-kit';
import { noted } from '../redis/unconfirmed.ts';
import type { SessionStore } from './session-store.ts';

const REFRESH_OUTCOMES = ['rotated', 'repeated', 'reuse', 'without_key', 'unknown', 'excessive'] as const;
const END_CAUSES = [
  'signed_out',
  'ended_by_id',
  'all_of_user',
  'refresh_token_reused',
  'authorization_code_reused',
] as const;

/**
 * Counts refreshes, and the sessions that begin and end. It does not see a session that expires, that is ended for the newest
 * of a hundred, or that a command ends.
 */
export function countSessions(store: SessionStore, metrics: Metrics): SessionStore {
  const begun = metrics.counter({ name: 'auth_sessions_begun_total', help: 'Sessions that began' });
  const ended = metrics.counter({
    name: 'auth_sessions_ended_total',
    help: 'Sessions that ended, by cause; all_of_user: signed out everywhere, another password, fewer rights',
    labelNames: ['cause'],
  });
  const refreshes = metrics.counter({
    name: 'auth_refreshes_total',
    help: 'Refresh tokens that were presented, by outcome; reuse: of a consumed token, which ended its session; without_key: of a bound session, without a proof of its key',
    labelNames: ['outcome'],
  });
  begun.inc({}, 0);
  for (const cause of END_CAUSES) ended.inc({ cause }, 0);
  for (const outcome of REFRESH_OUTCOMES) refreshes.inc({ outcome }, 0);

  const countEnd = (cause: (typeof END_CAUSES)[number], end: Promise<string | undefined>) =>
    noted(end, (userId) => {
      if (userId !== undefined) ended.inc({ cause });
    });
  return {
    ...store,
    async create(...request) {
      const session = await store.create(...request);
      begun.inc({});
      return session;
    },
    redeemCode: (...request) =>
      noted(store.redeemCode(...request), ({ outcome }) => {
        if (outcome === 'redeemed') begun.inc({});
        if (outcome === 'reuse') ended.inc({ cause: 'authorization_code_reused' });
      }),
    async rotate(...request) {
      const rotation = await noted(store.rotate(...request), ({ outcome }) => {
        if (outcome === 'reuse') ended.inc({ cause: 'refresh_token_reused' });
      });
      refreshes.inc({ outcome: rotation.outcome });
      return rotation;
    },
    end: (...request) => countEnd('ended_by_id', store.end(...request)),
    endByRefreshToken: (token) => countEnd('signed_out', store.endByRefreshToken(token)),
    endByAccessToken: (token) => countEnd('signed_out', store.endByAccessToken(token)),
    endAllOfUser: (userId) =>
      noted(store.endAllOfUser(userId), (count) => ended.inc({ cause: 'all_of_user' }, count)),
  };
}
