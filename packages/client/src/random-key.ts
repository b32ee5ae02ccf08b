/** Returns 128 random bits. `crypto.randomUUID` does not exist in a page that came neither by HTTPS nor from localhost. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
