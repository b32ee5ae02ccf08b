import { createHash } from 'node:crypto';
import { EPOCH_KEY, REVOCATIONS_STREAM } from '@pair/access-token';

/**
 * Lines for redis.conf: nobody without a password, auth with its own keys alone, customers with nothing but the
 * revocation feed and the epoch to read. The same rights as in compose, where
 * services/make-secrets.sh gives them, but for CLIENT SETINFO, which Redis 7.0 does not know yet.
 */
export function redisUsers(passwords: { auth: string; customers: string }): string[] {
  return [
    // nobody can be it, but Redis reads its own AOF as this user, and drops from it what this user may not do
    'user default off resetpass ~* &* +@all',
    `user auth on #${sha256(passwords.auth)} ${AUTH_RIGHTS}`,
    `user customers on #${sha256(passwords.customers)} ${CUSTOMERS_RIGHTS}`,
  ];
}

export const AUTH_RIGHTS =
  '~{auth}:* -@all +@connection +@read +@write +@transaction -@dangerous +eval +evalsha +script|load +time +info';
export const CUSTOMERS_RIGHTS =
  `%R~${REVOCATIONS_STREAM} %R~${EPOCH_KEY} -@all +hello +auth +ping +info +select +quit +command ` +
  '+client|setname +client|id +xread +xrange +get';

function sha256(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}
