import { createPrivateKey, createPublicKey } from 'node:crypto';
import { OperatorError } from '@pair/service-kit';
import { unseal } from '../crypto/seal.ts';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import type { SigningKeyRow } from '../db/schema.ts';
import { type PublicJwk, publicJwkOf, publicPem, thumbprint } from './signing-key.ts';

/** An unsealed signing key, ready for use. */
export interface OpenedKey {
  kid: string;
  publicJwk: PublicJwk;
  publicPem: string;
  privatePem: string;
}

/** @throws {OperatorError} when none of the sealing keys unseals the row */
export function openKey(row: SigningKeyRow, sealingKeys: SealingKeys): OpenedKey {
  const der = unseal(row.sealedPrivateKey, sealingKeys, row.kid);
  if (der === undefined) {
    throw new OperatorError(
      `KEY_ENCRYPTION_KEY does not open signing key ${row.kid}. Set it to the key that sealed the signing keys, or to "new,old".`,
    );
  }
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  // the published key comes from the sealed key: an attacker who changes the public half of a row must not replace it
  const publicJwk = publicJwkOf(createPublicKey(privateKey));
  if (thumbprint(publicJwk) !== row.kid || thumbprint(row.publicJwk) !== row.kid) {
    throw new Error(
      `signing key ${row.kid} does not match its row: the database may have been tampered with`,
    );
  }
  return {
    kid: row.kid,
    publicJwk,
    publicPem: publicPem(publicJwk),
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
