import { t } from 'tap';
import { belowFloor } from '../src/floors.mjs';

const lockfile = (...packages: string[]) =>
  `importers:\n\n  .:\n    x: {}\n\npackages:\n\n${packages.map((name) => `  ${name}:\n    resolution: {}\n`).join('\n')}
snapshots:\n\n  fast-jwt@1.0.0: {}\n`;

t.test('a version at its floor, above it, or of a newer major passes', async (t) => {
  t.strictSame(belowFloor(lockfile('fast-jwt@6.3.6', "'@fastify/jwt@10.3.0'", 'fastify@6.0.0')), []);
});

t.test('belowFloor names a version below its floor, also beside a newer one', async (t) => {
  t.strictSame(belowFloor(lockfile('fast-jwt@6.3.6', 'fast-jwt@6.3.5', "'@fastify/static@10.1.0'")), [
    'fast-jwt 6.3.5 is older than 6.3.6',
    '@fastify/static 10.1.0 is older than 10.1.1',
  ]);
});

t.test('each major has its own floor, and an older major without a floor is too old', async (t) => {
  t.strictSame(belowFloor(lockfile('fast-uri@3.1.7', 'fast-uri@4.1.4', 'fast-uri@5.0.0')), []);
  t.strictSame(belowFloor(lockfile('fast-uri@4.1.3', 'fast-uri@2.9.9')), [
    'fast-uri 4.1.3 is older than 3.1.7 and 4.1.4',
    'fast-uri 2.9.9 is older than 3.1.7 and 4.1.4',
  ]);
});
