/** KEY_ENCRYPTION_KEY: the first seals, any opens. */
export type SealingKeys = [first: Buffer, ...others: Buffer[]];

/** Of the form that the config schema requires. */
export function parseSealingKeys(keyEncryptionKey: string): SealingKeys {
  const [first = '', ...others] = keyEncryptionKey.split(',');
  const decode = (key: string) => Buffer.from(key, 'base64url');
  return [decode(first), ...others.map(decode)];
}
