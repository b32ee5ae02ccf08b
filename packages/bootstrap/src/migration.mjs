// `npm run migration -- "add email"` compares the drizzle schema of each service with the last migration, and writes the next.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments, refuseArguments } from './arguments.mjs';
import { installDependencies, ROOT, refuse, requireNode, runTool, say } from './workspace.mjs';

const USAGE = `Usage: npm run migration -- "add email"
First change services/<service>/src/db/schema.ts. The words name the migration: letters, digits and spaces.`;

requireNode();
const { words } = readArguments(USAGE, { takesWords: true });
const [name = ''] = words;
if (words.length !== 1 || !/^(?=.{1,64}$)[a-z0-9]+( [a-z0-9]+)*$/i.test(name)) {
  refuseArguments(USAGE, 'needs one name, in quotation marks, of up to 64 letters, digits and single spaces');
}
installDependencies();

const written = readdirSync(join(ROOT, 'services'))
  .filter((service) => migrationsOf(service).length > 0)
  .flatMap((service) => write(service, name.toLowerCase().replaceAll(' ', '_')));
if (written.length === 0) refuse('No schema has changed since the last migration: change one first.');
for (const file of written) say(`wrote ${file}: read it, because drizzle knows no data`);

/**
 * @param {string} service
 * @param {string} name
 * @returns {string[]} the new files, from the root
 */
function write(service, name) {
  const folder = `services/${service}/migrations`;
  const before = migrationsOf(service);
  const options = {
    dialect: 'postgresql',
    schema: `services/${service}/src/db/schema.ts`,
    out: folder,
    name,
  };
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
  if (!runTool('drizzle-kit', ['generate', ...args]))
    refuse(`drizzle-kit failed for ${service}: see the lines above.`);
  runTool('biome', ['format', '--write', '--log-level=error', `${folder}/meta`]);
  return migrationsOf(service)
    .filter((file) => !before.includes(file))
    .map((file) => `${folder}/${file}`);
}

/** @param {string} service */
function migrationsOf(service) {
  try {
    return readdirSync(join(ROOT, 'services', service, 'migrations')).filter((file) => file.endsWith('.sql'));
  } catch {
    return []; // a folder that is no service
  }
}
