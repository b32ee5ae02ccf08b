import { createPrivateKey, createPublicKey } from 'node:crypto';
import { OperatorError } from '@pair/service-kit';
import { unseal } from '../crypto/seal.ts';
import type { SealingKeys } from '../crypto/sealing-keys.ts';
import type { SigningKeyRow } from '../db/schema.ts';
import { type PublicJwk, publicJwkOf, publicPem, thumbprint } from './signing-key.ts';

/** A signing key as it is used. */
export interface OpenedKey {
  kid: string;
  publicJwk: PublicJwk;
  publicPem: string;
  privatePem: string;
}

/** @throws {OperatorError} when none of the keys fits */
export function openKey(row: SigningKeyRow, sealingKeys: SealingKeys): OpenedKey {
  const der = unseal(row.sealedPrivateKey, sealingKeys, row.kid);
  if (der === undefined) {
    throw new OperatorError(
      `KEY_ENCRYPTION_KEY does not open signing key ${row.kid}: give the key it was sealed under, or a pair "new,old"`,
    );
  }
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  // what is published comes from what is sealed: a row whose public half was changed must not speak for us
  const publicJwk = publicJwkOf(createPublicKey(privateKey));
  if (thumbprint(publicJwk) !== row.kid || thumbprint(row.publicJwk) !== row.kid) {
    throw new Error(`signing key ${row.kid} is not the key that its row says`);
  }
  return {
    kid: row.kid,
    publicJwk,
    publicPem: publicPem(publicJwk),
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
