/** Yields the bytes in chunks of this size, as a network does. */
export async function* chunksOf(content: string | Buffer, size = 65_536): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Returns the content of all blocks. */
export async function allOf<T>(blocks: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const block of blocks) all.push(...block);
  return all;
}
