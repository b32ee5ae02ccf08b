import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Others may enter: under root, PostgreSQL runs as another user. Whoever asks for a folder removes it. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `pair-${name}-`));
  chmodSync(folder, 0o711);
  return folder;
}
