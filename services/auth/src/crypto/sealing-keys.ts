/** The keys in KEY_ENCRYPTION_KEY: the first seals, and all unseal. */
export type SealingKeys = [first: Buffer, ...others: Buffer[]];

/** Parses a KEY_ENCRYPTION_KEY that has passed the config schema. */
export function parseSealingKeys(keyEncryptionKey: string): SealingKeys {
  const [first = '', ...others] = keyEncryptionKey.split(',');
  const decode = (key: string) => Buffer.from(key, 'base64url');
  return [decode(first), ...others.map(decode)];
}
