// Versions below these have a known fault that matters here: a vulnerability, or a wrong answer.
import { isAtLeast } from './workspace.mjs';

/**
 * The lowest accepted version of each package, one for each major that still gets fixes.
 * @type {Record<string, string[]>}
 */
const FLOORS = {
  fastify: ['5.12.8'],
  '@fastify/jwt': ['10.2.8'],
  '@fastify/static': ['10.1.1'],
  'fast-jwt': ['6.3.6'],
  'fast-uri': ['3.1.7', '4.1.4'],
  'drizzle-orm': ['0.45.4'],
};

/**
 * Checks the resolved versions, also of dependencies of dependencies.
 * @param {string} lockfile the text of pnpm-lock.yaml
 * @returns {string[]} one sentence for each version that is too old
 */
export function belowFloor(lockfile) {
  /** @type {string[]} */
  const faults = [];
  for (const [, name = '', version = ''] of packageSection(lockfile).matchAll(
    /^ {2}'?(@?[^@'\s]+)@([^:'(]+)'?:/gm,
  )) {
    const floors = FLOORS[name];
    if (floors !== undefined && !isAboveAny(version, floors)) {
      faults.push(`${name} ${version} is older than ${floors.join(' and ')}`);
    }
  }
  return faults;
}

/** @param {string} lockfile */
function packageSection(lockfile) {
  return lockfile.split(/^packages:$/m)[1]?.split(/^snapshots:$/m)[0] ?? '';
}

/** @param {string} version */
const major = (version) => Number(version.split('.')[0]);

/**
 * @param {string} version
 * @param {string[]} floors
 */
function isAboveAny(version, floors) {
  const floor = floors.find((candidate) => major(candidate) === major(version));
  return floor === undefined ? major(version) > major(floors.at(-1) ?? '') : isAtLeast(version, floor);
}
