import { createHash } from 'node:crypto';
import { EPOCH_KEY, REVOCATIONS_STREAM } from '@pair/access-token';

/**
 * The users of Redis, as lines for redis.conf. Each needs a password. auth may use only its own keys, and customers may
 * only read the revocation feed and the epoch. Each writes which proofs of possession were used at it. services/make-secrets.sh grants the same rights in compose, and also
 * CLIENT SETINFO, which Redis 7.0 does not know.
 */
export function redisUsers(passwords: { auth: string; customers: string }): string[] {
  return [
    // no client can sign in as this user, but Redis reads its AOF as it, and drops the commands that it may not run
    'user default off resetpass ~* &* +@all',
    `user auth on #${sha256(passwords.auth)} ${AUTH_RIGHTS}`,
    `user customers on #${sha256(passwords.customers)} ${CUSTOMERS_RIGHTS}`,
  ];
}

export const AUTH_RIGHTS =
  '~{auth}:* %W~{dpop}:auth:* -@all +@connection +@read +@write +@transaction -@dangerous +eval +evalsha ' +
  '+script|load +time +info +config|get';
export const CUSTOMERS_RIGHTS =
  `%R~${REVOCATIONS_STREAM} %R~${EPOCH_KEY} %W~{dpop}:customers:* -@all +hello +auth +ping +info +select +quit +command ` +
  '+client|setname +client|id +xread +xrange +get +set';

function sha256(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
