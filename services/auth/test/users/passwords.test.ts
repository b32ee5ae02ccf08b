import t from 'tap';
import { createPasswordHasher } from '../../src/passwords/hasher.ts';
import { hasGoodLength, passwordFault } from '../../src/passwords/rules.ts';
import { login, post, startAuth } from '../support/auth-under-test.ts';

t.test('a password has 8 to 128 characters as a person counts them', async (t) => {
  for (const good of [
    '12345678',
    'x'.repeat(128),
    '😀'.repeat(8),
    '😀'.repeat(128),
    '        ',
    'e\u0301'.repeat(128),
    // NFC composes at most four code points into one character, or two code points of two code units
    '\u03b1\u0313\u0300\u0345'.repeat(128),
    '\u{11099}\u{110ba}'.repeat(128),
  ]) {
    t.ok(hasGoodLength(good), good.slice(0, 10));
  }
  for (const bad of [
    '',
    '1234567',
    'x'.repeat(129),
    '😀'.repeat(7),
    'e\u0301'.repeat(7),
    `\ud800${'x'.repeat(10)}`,
  ]) {
    t.notOk(hasGoodLength(bad), bad.slice(0, 10));
  }
});

t.test('a hash is argon2id with 19 MiB, two passes and one lane', async (t) => {
  const hasher = await createPasswordHasher();
  t.match(await hasher.hash('a password'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

t.test('a password of 128 characters is not cut: its last character counts, in any script', async (t) => {
  const hasher = await createPasswordHasher();
  for (const [character, other] of [
    ['x', 'y'],
    ['😀', '😁'],
    ['é', 'è'],
  ] as const) {
    const password = character.repeat(128);
    const hash = await hasher.hash(password);
    t.equal(await hasher.verify(hash, password), true, character);
    t.equal(await hasher.verify(hash, character.repeat(127) + other), false, character);
    t.equal(await hasher.verify(hash, character.repeat(127)), false, character);
  }
});

t.test('the most common passwords are refused in any case, and so is the username', async (t) => {
  for (const common of [
    'password',
    'PassWord',
    '12345678',
    'qwertyuiop',
    'Password1',
    'iloveyou',
    'passw0rd',
  ]) {
    t.equal(passwordFault(common, 'ada'), 'is one of the most common passwords', common);
  }
  t.equal(passwordFault('Ada.Lovelace', 'ada.lovelace'), 'must not be the username');
  for (const good of [
    'correct horse battery staple',
    'password of ada',
    '        ',
    'tr0ub4dor and 3',
    '🦆🦆🦆🦆🦆🦆🦆🦆',
  ]) {
    t.equal(passwordFault(good, 'ada'), undefined, good);
  }
});

t.test('a common password is 422 on every route that sets a password', async (t) => {
  const { app } = await startAuth(t, { REGISTRATION: 'open' });
  const { access_token } = await login(app);
  for (const [url, token] of [
    ['/auth/users', access_token],
    ['/auth/register', undefined],
  ] as const) {
    const common = await post(app, url, { username: 'ada', password: 'Password1' }, token);
    t.match(common.json(), {
      status: 422,
      code: 'validation_failed',
      errors: [{ pointer: '/password', detail: 'is one of the most common passwords' }],
    });
    const own = await post(app, url, { username: 'Ada.Lovelace', password: 'ada.lovelace' }, token);
    t.match(own.json(), {
      status: 422,
      errors: [{ pointer: '/password', detail: 'must not be the username' }],
    });
  }
});

t.test('a password of 128 characters that a keyboard sends as 384 signs in', async (t) => {
  const { app } = await startAuth(t);
  const { access_token } = await login(app);
  const credentials = { username: 'long', password: 'ệ'.repeat(128) };
  t.equal((await post(app, '/auth/users', credentials, access_token)).statusCode, 201);
  await login(app, { ...credentials, password: credentials.password.normalize('NFD') });
});

t.test('no password matches an unknown user', async (t) => {
  const hasher = await createPasswordHasher();
  t.equal(await hasher.verify(undefined, 'anything'), false);
});

t.test('a full hashing queue is 503 at once, and queued work is completed', async (t) => {
  const hasher = await createPasswordHasher();
  const answers = await Promise.allSettled(Array.from({ length: 160 }, () => hasher.hash('a password')));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  t.ok(refused.length >= 50 && refused.length <= 60, `${refused.length} refused`);
  for (const { reason } of refused) t.match(reason, { statusCode: 503, headers: { 'retry-after': '1' } });
  t.match(await hasher.hash('a password'), /^\$argon2id/);
});
