import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a folder that the caller must remove. Other users may enter: under root, PostgreSQL runs as another user. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `pair-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}
