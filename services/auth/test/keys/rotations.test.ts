import { buildProcess, type SetTimer } from '@pair/service-kit';
import { rounds, testRedis } from '@pair/test-kit';
import fp from 'fastify-plugin';
import { Redis } from 'ioredis';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import t, { type Test } from 'tap';
import { jwksRoutes } from '../../src/keys/routes.ts';
import { accessTokenSigner } from '../../src/tokens/access-token.ts';
import { rotate } from '../support/commands.ts';
import { resourceServer } from '../support/resource-server.ts';
import { kidsOf, type Ring, type Rings, rings, SECOND } from '../support/rings.ts';

const ISSUER = 'http://localhost:8080';
const ROTATIONS = rounds({ short: 20, long: 200 });
const SUBJECT = { sub: 'a-user', client_id: 'first-party', sid: 'a-session', scope: '', epoch: 'an-epoch' };

/** Timers that fire as the clock of the test advances: hours pass in seconds, and a busy machine delays no timer. */
function virtualTimers() {
  const timers: { at: number; run: () => Promise<void> }[] = [];
  let clock = { now: 0 };
  const setTimer: SetTimer = (run, delayMs) => {
    const timer = { at: clock.now + delayMs, run };
    timers.push(timer);
    return () => timers.splice(timers.indexOf(timer), 1);
  };
  return {
    setTimer,
    /** Makes the clock of `rings` the time of this process. */
    follow(t: Test, rings: Pick<Rings, 'clock'>): void {
      clock = rings.clock;
      t.intercept(Date, 'now', { value: () => clock.now });
    },
    async advanceTo(ms: number): Promise<void> {
      for (;;) {
        timers.sort((a, b) => a.at - b.at);
        const [timer] = timers;
        if (timer === undefined || timer.at > ms) break;
        timers.shift();
        clock.now = timer.at;
        await timer.run();
      }
      clock.now = ms;
    },
  };
}

/** Starts a process with the keys of auth, the signer and the JWKS, and nothing else. */
async function issuerProcess(t: Test, ring: Ring) {
  const app = await buildProcess({ LOG_LEVEL: 'fatal', TRUSTED_PROXIES: [], CORS_ORIGINS: [] }, [
    fp(async (scope) => {
      await scope.register(fp(async (ring_) => void ring_.decorate('keyRing', ring), { name: 'key-ring' }));
      await scope.register(accessTokenSigner, { issuer: ISSUER, audience: ISSUER });
      await scope.register(jwksRoutes);
    }),
  ]);
  t.teardown(() => app.close());
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    jwksUrl: `${address}/.well-known/jwks.json`,
    sign: () => app.accessTokenSigner()(SUBJECT, Date.now()),
  };
}

t.test(
  `${ROTATIONS} rotations under load refuse no valid token, with our resource server and with jose`,
  async (t) => {
    const time = virtualTimers();
    const { idleRing, clock, databaseUrl } = await rings(t, time.setTimer);
    time.follow(t, { clock });
    const redis = await testRedis(t);
    const client = new Redis(redis.url);
    await client.set('{auth}:epoch', SUBJECT.epoch);
    client.disconnect();

    const issuers: Awaited<ReturnType<typeof issuerProcess>>[] = [];
    const verifiers: Record<string, (token: string) => Promise<boolean>> = {};
    for (const name of ['one', 'other']) {
      const ring = idleRing();
      await ring.start();
      const issuer = await issuerProcess(t, ring);
      issuers.push(issuer);
      await time.advanceTo(clock.now + 4 * SECOND); // so that the processes load the keys at different moments
      const ours = await resourceServer(t, {
        jwksUrl: issuer.jwksUrl,
        redisUrl: redis.url,
        issuer: ISSUER,
        now: () => clock.now,
        setTimer: time.setTimer,
      });
      verifiers[`ours, keys of ${name}`] = async (token) => (await ours.status(token)) === 200;
      const keys = createRemoteJWKSet(new URL(issuer.jwksUrl));
      verifiers[`jose, keys of ${name}`] = async (token) => {
        const currentDate = new Date(clock.now);
        const options = {
          issuer: ISSUER,
          audience: ISSUER,
          typ: 'at+jwt',
          algorithms: ['ES256'],
          currentDate,
        };
        return jwtVerify(token, keys, options).then(
          () => true,
          () => false,
        );
      };
      await time.advanceTo(clock.now + 17 * SECOND);
    }

    const refused: string[] = [];
    const seenKids = new Set<string | undefined>();
    let verified = 0;
    const toVerify: { token: string; at: number }[] = [];
    const verifyDue = async () => {
      const due = toVerify.filter(({ at }) => at <= clock.now);
      toVerify.splice(0, toVerify.length, ...toVerify.filter(({ at }) => at > clock.now));
      await Promise.all(
        due.flatMap(({ token }) =>
          Object.entries(verifiers).map(async ([name, verify]) => {
            verified += 1;
            if (!(await verify(token))) refused.push(`${name} at ${clock.now}`);
          }),
        ),
      );
    };
    const workFor = async (ms: number) => {
      for (const end = clock.now + ms; clock.now < end; ) {
        for (const issuer of issuers) {
          const token = issuer.sign();
          seenKids.add(decodeProtectedHeader(token).kid);
          // verify each token when it is new, later, and in its last second
          for (const age of [0, 290, 599]) toVerify.push({ token, at: clock.now + age * SECOND });
        }
        await verifyDue();
        await time.advanceTo(clock.now + 9 * SECOND);
        await verifyDue();
        await time.advanceTo(clock.now + SECOND);
      }
    };

    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      const { activeFrom, changed } = await rotate(databaseUrl, clock.now);
      t.ok(changed);
      await workFor(activeFrom.getTime() - clock.now + 15 * SECOND);
    }
    for (let second = 0; second < 600; second += 1) {
      await time.advanceTo(clock.now + SECOND);
      await verifyDue();
    }
    t.same(refused, []);
    t.same(toVerify, []);
    t.equal(seenKids.size, ROTATIONS + 1);
    t.comment(`${ROTATIONS} rotations, ${verified} verifications, ${refused.length} refused`);
  },
);

t.test(
  'a token of any process is valid for all others, and for a resource server whose keys are 60 s old',
  async (t) => {
    const { idleRing, clock, databaseUrl } = await rings(t);
    const start = clock.now;
    /** For each second, the signing key and the published keys of each process. */
    const history: { signing: string[]; published: string[][] }[] = [];
    // the clocks differ, and each process loads the keys at its own moment
    const processes = [-2, 0, 2].map((ahead) => idleRing(undefined, ahead * SECOND));
    for (const ring of processes) await ring.reload();
    await processes[0]?.reload();

    for (let second = 0; second < 2_500; second += 1) {
      clock.now = start + second * SECOND;
      for (const [index, ring] of processes.entries()) if (second % 10 === index * 3) await ring.reload();
      // try to rotate every 10 s
      if (second % 10 === 5) await rotate(databaseUrl, clock.now);
      history.push({
        signing: processes.map((ring) => ring.signingKey().kid),
        published: processes.map(kidsOf),
      });
    }
    const kids = new Set(history.flatMap(({ signing }) => signing));
    t.ok(kids.size > 7, `${kids.size} keys`);
    const faults: string[] = [];
    for (const [second, { signing }] of history.entries()) {
      for (const kid of new Set(signing)) {
        for (const lived of [-60, 0, 300, 600]) {
          const moment = history[second + lived];
          if (moment?.published.some((published) => !published.includes(kid)))
            faults.push(`${kid} ${second} ${lived}`);
        }
      }
    }
    t.same(faults, []);
  },
);
