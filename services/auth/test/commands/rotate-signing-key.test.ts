import t from 'tap';
import { rotateSigningKeyCommand } from '../../src/commands/rotate-signing-key.ts';
import { rotate, runCommand } from '../support/commands.ts';
import { kidsOf, rings, SECOND } from '../support/rings.ts';

t.test(
  'rotate: a next key that all processes know takes over after 30 s, and the ring makes another key',
  async (t) => {
    const { ring, clock, databaseUrl } = await rings(t);
    const [one, other] = [await ring(), await ring()];
    const [signing, next] = kidsOf(one);
    clock.now += 3_600 * SECOND;
    const rotation = await rotate(databaseUrl, clock.now);
    t.match(rotation, { kid: next, changed: true, activeFrom: new Date(clock.now + 30 * SECOND) });

    clock.now += 29 * SECOND;
    await Promise.all([one.reload(), other.reload()]);
    t.same([one.signingKey().kid, other.signingKey().kid], [signing, signing]);
    clock.now += SECOND;
    t.same([one.signingKey().kid, other.signingKey().kid], [next, next], 'at the same moment');
    await one.reload();
    t.equal(kidsOf(one).length, 3);
    t.same(kidsOf(one).slice(0, 2), [signing, next], 'the previous key is still published');
  },
);

t.test('rotate: a new next key takes over 300 s after its creation', async (t) => {
  const { ring, clock, databaseUrl } = await rings(t);
  const one = await ring();
  const madeAt = clock.now;
  clock.now += 10 * SECOND;
  const { activeFrom } = await rotate(databaseUrl, clock.now);
  t.same(activeFrom, new Date(madeAt + 300 * SECOND));
  await one.reload();
  clock.now = madeAt + 300 * SECOND - 1;
  t.equal(one.signingKey().kid, kidsOf(one)[0]);
  clock.now += 1;
  t.equal(one.signingKey().kid, kidsOf(one)[1]);
});

t.test('rotate: a repeat while a key is about to take over changes nothing', async (t) => {
  const { ring, clock, databaseUrl } = await rings(t);
  await ring();
  clock.now += 3_600 * SECOND;
  const first = await rotate(databaseUrl, clock.now);
  clock.now += 20 * SECOND;
  const second = await rotate(databaseUrl, clock.now);
  t.same(second, { ...first, changed: false });
});

t.test(
  'rotate-signing-key prints the time of the change, or that nothing changed, and needs the database',
  async (t) => {
    const { ring, databaseUrl } = await rings(t);
    const command = (env: NodeJS.ProcessEnv) => runCommand(rotateSigningKeyCommand, [], env);
    const env = { DATABASE_URL: databaseUrl };
    t.same(await command(env), {
      code: 1,
      output: 'There is no next signing key. A running auth process creates one within 10 s; try again.\n',
    });

    const [, next = ''] = kidsOf(await ring());
    t.match(await command(env), {
      code: 0,
      output: new RegExp(`^Signing key ${next} takes over at 20[0-9T:.-]+Z, in (300|29[0-9]) s\\.\\n$`),
    });
    t.match(await command(env), {
      code: 0,
      output: /^Nothing was changed: signing key .+ takes over at .+, as before\.\n$/,
    });

    const away = await command({ DATABASE_URL: 'postgres://auth:secret@127.0.0.1:1/auth' });
    t.match(away, {
      code: 1,
      output: /^PostgreSQL cannot be reached: .*ECONNREFUSED.*, and run the command again\.\n$/,
    });
    t.notMatch(away.output, /secret|\n\s+at /);
  },
);
