import { hkdfSync } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { open, seal } from '../../crypto/seal.ts';
import { parseSealingKeys } from '../../keys/sealed-key.ts';

export const NONCE_LIFETIME_MS = 10 * 60_000;
const CONTEXT = 'sign-in nonce';

/**
 * What makes a sign-in form good once. It is in the page and in a cookie: another site can make a browser send a form,
 * with the attacker's own password for example, but not the cookie that fits.
 */
interface SignInNonces {
  issue(): string;
  /** Whether both are the same one, made here in the last ten minutes, and it is used for the first time. */
  consume(nonce: string | undefined, cookie: string | undefined): Promise<boolean>;
}

/** Sealed, so that whoever opens the page, however often, makes nothing be stored; only a form that is sent does. */
export function signInNonces(app: FastifyInstance, keyEncryptionKey: string): SignInNonces {
  const keys = parseSealingKeys(keyEncryptionKey).map((key) =>
    Buffer.from(hkdfSync('sha256', key, '', CONTEXT, key.length)),
  ) as [Buffer, ...Buffer[]];
  return {
    issue() {
      const expiresAt = Buffer.alloc(6);
      expiresAt.writeUIntBE(Date.now() + NONCE_LIFETIME_MS, 0, 6);
      return seal(expiresAt, keys[0], CONTEXT).toString('base64url');
    },
    async consume(nonce, cookie) {
      if (nonce === undefined || nonce !== cookie) return false;
      const sealed = Buffer.from(nonce, 'base64url');
      const expiresAt = open(sealed, keys, CONTEXT)?.readUIntBE(0, 6) ?? 0;
      if (Date.now() >= expiresAt) return false;
      // by its bytes: the text may have another spelling
      const key = `{auth}:sign-in-nonce:${sealed.toString('base64url')}`;
      return (await app.redis.set(key, '', 'PX', NONCE_LIFETIME_MS, 'NX')) === 'OK';
    },
  };
}
