/** 128 random bits. Not `crypto.randomUUID`, which a page has only when it came by HTTPS or from localhost. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
