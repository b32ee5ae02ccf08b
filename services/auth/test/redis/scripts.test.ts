import { readdirSync } from 'node:fs';
import { Redis } from 'ioredis';
import t from 'tap';
import { nonceRotator } from '../../src/dpop/nonce-rotation.ts';
import { keyAnnouncer } from '../../src/keys/announce-keys.ts';
import { createSignInAttempts } from '../../src/passwords/attempts.ts';
import { redisClock } from '../../src/redis/clock.ts';
import { sessionsEnder } from '../../src/redis/replicas.ts';
import { createSessionStore } from '../../src/sessions/session-store.ts';

/** The texts of all scripts, by file. */
const scripts = new Map<string, string>();
const redis = new Redis({ lazyConnect: true });
redis.defineCommand = (file, { lua }) => void scripts.set(file, lua);
const clock = redisClock(redis);
createSessionStore(redis, clock, { replayWindowSeconds: 10 });
createSignInAttempts(redis, clock);
keyAnnouncer(redis, clock);
nonceRotator(redis, clock);
sessionsEnder(redis, clock);

t.test('each file in lua/ is a script in use', async (t) => {
  const files = readdirSync(new URL('../../lua/', import.meta.url)).filter((file) => file.endsWith('.lua'));
  t.same([...scripts.keys()].map((file) => `${file}.lua`).sort(), files.sort());
});

t.test('each script uses all its arguments and constants, except for the time', async (t) => {
  for (const [file, text] of scripts) {
    const code = text.replaceAll(/--.*/g, '');
    for (const [, name] of code.matchAll(/^local (?!now )(\w+) = (?!KEYS)\S*(?:ARGV|\d|")/gm)) {
      t.ok(code.match(new RegExp(`\\b${name}\\b`, 'g'))?.length !== 1, `${file}: ${name}`);
    }
  }
});
