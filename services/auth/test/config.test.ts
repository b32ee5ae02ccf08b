import { loadConfig } from '@pair/service-kit';
import t from 'tap';
import { AuthConfigSchema, MigrateConfigSchema } from '../src/config.ts';

const STORES = { DATABASE_URL: 'postgres://x', REDIS_URL: 'redis://x' };
const KEY = 'k'.repeat(43);

t.test('a wrong key or name is refused with words that describe a right one', async (t) => {
  for (const KEY_ENCRYPTION_KEY of ['short', `${KEY},short`, `${KEY}=`]) {
    t.throws(() => loadConfig(AuthConfigSchema, { ...STORES, KEY_ENCRYPTION_KEY }), {
      message: /KEY_ENCRYPTION_KEY must be a key of 43 letters, digits, - and _, or two such keys/,
    });
  }
  t.throws(() => loadConfig(MigrateConfigSchema, { ...STORES, ADMIN_USERNAME: 'Ann Smith' }), {
    message: /ADMIN_USERNAME must be 3 to 254 letters, digits and [^^]+, in lower case/,
  });
  t.throws(() => loadConfig(MigrateConfigSchema, { ...STORES, ADMIN_PASSWORD: 'short' }), {
    message: /ADMIN_PASSWORD must have a length from 8 to 128 characters/,
  });
});

t.test('one key or two are accepted', async (t) => {
  for (const KEY_ENCRYPTION_KEY of [KEY, `${KEY},${KEY}`]) {
    t.match(loadConfig(AuthConfigSchema, { ...STORES, KEY_ENCRYPTION_KEY }), { KEY_ENCRYPTION_KEY });
  }
});
