import { mintClaims } from '@pair/test-kit';
import type { FastifyReply } from 'fastify';
import t from 'tap';
import { withScope } from '../src/index.ts';
import { countRequestsBySubject, MAX_SUBJECTS } from '../src/subject-rate.ts';
import { guardedProcess, ready } from './support/guarded-process.ts';

/** A reply that keeps the header fields of the limit. */
function reply() {
  const headers: Record<string, unknown> = {};
  const made = {
    header(name: string, value: unknown) {
      headers[name] = value;
      return made;
    },
  };
  return { headers, reply: made as unknown as FastifyReply };
}

function limiter(rate = { perSecond: 2, burst: 5 }) {
  const clock = { ms: 1_000 };
  const limit = countRequestsBySubject(rate, () => clock.ms);
  const send = (subject = 'ada') => {
    const { headers, reply: to } = reply();
    const refusal = limit.count(subject, to);
    return { refusal, field: headers.ratelimit, policy: headers['ratelimit-policy'] };
  };
  return { clock, limit, send };
}

t.test('a subject has its burst at once, and then one request in each interval', async (t) => {
  const { clock, send } = limiter();
  const fields = Array.from({ length: 5 }, () => send().field);
  t.same(fields, [
    '"subject";r=4;t=1',
    '"subject";r=3;t=1',
    '"subject";r=2;t=2',
    '"subject";r=1;t=2',
    '"subject";r=0;t=3',
  ]);
  t.equal(send().policy, '"subject";q=5;w=3');

  const { refusal, field } = send();
  t.equal(refusal?.statusCode, 429);
  t.equal(refusal?.code, 'rate_limit_exceeded');
  t.same(refusal?.headers, { 'retry-after': '1' });
  t.equal(field, '"subject";r=0;t=3');

  clock.ms += 500;
  t.equal(send().refusal, undefined, 'a refused request did not count');
  t.ok(send().refusal);
  clock.ms += 60_000;
  t.equal(send().field, '"subject";r=4;t=1', 'a pause brings the burst back, and no more');
});

t.test('in the long run a subject gets the rate, whatever it sends', async (t) => {
  const { clock, send } = limiter({ perSecond: 300, burst: 7 });
  let accepted = 0;
  for (; clock.ms < 11_000; clock.ms += 0.7) if (send().refusal === undefined) accepted += 1;
  t.ok(accepted >= 3_000 && accepted <= 3_007, `${accepted} in ten seconds`);
});

t.test('subjects do not share their limit', async (t) => {
  const { send } = limiter();
  for (let i = 0; i < 6; i++) send('ada');
  t.ok(send('ada').refusal);
  t.equal(send('grace').refusal, undefined);
});

t.test('100,000 subjects: a bounded number is remembered, and the busiest is among them', async (t) => {
  const { limit, send } = limiter();
  for (let i = 0; i < 100_000; i++) {
    send(`subject-${i}`);
    if (i % 1_000 === 0) send('ada');
  }
  t.equal(limit.subjects, MAX_SUBJECTS);
  t.ok(send('ada').refusal);
});

t.test('over HTTP', async (t) => {
  const guarded = await guardedProcess(t, {
    subjectRate: { perSecond: 1, burst: 3 },
    routes: withScope('customers:read', async (routes) => {
      routes.get('/read', async () => 'read');
      routes.get('/fails', async () => {
        throw new Error('unforeseen');
      });
    }),
  });
  await ready(guarded);
  const { app, key } = guarded;
  const sent = async (claims: object) =>
    app.inject({ url: '/read', headers: { authorization: `Bearer ${await key.sign(mintClaims(claims))}` } });

  await t.test(
    'each answer has the fields, an error too; tokens of one subject share the limit',
    async (t) => {
      const token = async (claims: object) =>
        `Bearer ${await key.sign(mintClaims({ sub: 'ada', ...claims }))}`;
      const [reader, another] = [await token({}), await token({ scope: 'users:admin' })];
      const get = (url: string, authorization: string) => app.inject({ url, headers: { authorization } });
      const answers = await Promise.all([
        get('/read', reader),
        get('/fails', reader),
        get('/read', another),
        ...[1, 2, 3].map(() => get('/read', reader)),
      ]);
      t.same(
        answers.slice(0, 3).map(({ statusCode }) => statusCode),
        [200, 500, 403],
      );
      for (const { headers } of answers) {
        t.equal(headers['ratelimit-policy'], '"subject";q=3;w=3');
        t.match(headers.ratelimit, /^"subject";r=[012];t=[123]$/);
      }
      const refused = answers.find(({ statusCode }) => statusCode === 429);
      t.match(refused?.headers, { 'retry-after': '1', ratelimit: '"subject";r=0;t=3' });
      t.match(refused?.headers['content-type'], 'application/problem+json');
      t.match(refused?.json(), { code: 'rate_limit_exceeded', status: 429, instance: '/read' });
      t.equal((await sent({ sub: 'grace' })).statusCode, 200);
    },
  );

  await t.test('the subject of a client that acts for itself is the client', async (t) => {
    const { sid: _, ...client } = mintClaims({ sub: 'reports', client_id: 'reports' });
    const headers = { authorization: `Bearer ${await key.sign(client)}` };
    const { statusCode, headers: fields } = await app.inject({ url: '/read', headers });
    t.equal(statusCode, 200);
    t.match(fields.ratelimit, '"subject";r=2');
  });

  await t.test('a request without a valid token has no subject, and no fields', async (t) => {
    const { statusCode, headers } = await app.inject('/read');
    t.equal(statusCode, 401);
    t.notOk('ratelimit' in headers);
  });
});
