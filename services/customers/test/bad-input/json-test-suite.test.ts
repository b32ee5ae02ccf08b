import { isUtf8 } from 'node:buffer';
import t, { type Test } from 'tap';
import { GOOD, isProblem, nginxBefore, target } from '../support/bad-input.ts';
import { type JsonBody, jsonBodies } from '../support/json-bodies.ts';
import { exchange } from '../support/wire.ts';

const { port, writes, refused, request } = await target(t);
const nginx = await nginxBefore(t, port);

const MAX_BYTES = 16_384;
/** JSON by its grammar; refused because readers disagree about what it says. */
const DUPLICATES = ['y_object_duplicated_key', 'y_object_duplicated_key_and_value'];
/** The byte order mark is passed over (RFC 8259 §8.1). */
const EMPTY_OBJECTS = ['y_object_empty', 'i_structure_UTF-8_BOM_empty_object'];

/** What is JSON is no customer: 422. What is none, or not in UTF-8, is 400. */
function statusOf({ name, bytes }: JsonBody): number {
  if (bytes.length > MAX_BYTES) return 413;
  return name.startsWith('n_') || !isUtf8(bytes) || DUPLICATES.includes(name) ? 400 : 422;
}

function headersFor(body: Buffer): string[] {
  return ['Content-Type: application/json', `Content-Length: ${body.length}`];
}

/** A few at a time. */
async function sendAll(t: Test, bodies: JsonBody[], send: (body: JsonBody) => Promise<void>) {
  const left = [...bodies];
  const worker = async () => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) await send(body);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  t.equal(left.length, 0);
}

refused('there are 318 kinds of bodies', async (t) => {
  const count = (kind: string) => jsonBodies.filter(({ name }) => name.startsWith(kind)).length;
  t.same([count('y_'), count('n_'), count('i_')], [95, 188, 35]);
});

for (const [method, url] of writes) {
  refused(
    `${method} refuses each of them, and names what is wrong with JSON that is no customer`,
    async (t) => {
      // a patch without members is one, and changes nothing
      const bodies = jsonBodies.filter(({ name }) => method !== 'PATCH' || !EMPTY_OBJECTS.includes(name));
      await sendAll(t, bodies, async (body) => {
        const status = statusOf(body);
        const answer = await exchange(port, request(method, url, headersFor(body.bytes), body.bytes));
        const problem = isProblem(t, answer, status, body.name);
        if (status === 422) t.type(problem.errors?.[0].pointer, 'string', body.name);
      });
    },
  );
}

refused('as a name each of them is refused too', async (t) => {
  // this one is a name
  const bodies = jsonBodies.filter(({ name }) => name !== 'y_structure_lonely_string');
  await sendAll(t, bodies, async ({ name, bytes }) => {
    const body = Buffer.concat([
      Buffer.from('{"name":'),
      bytes.subarray(0, 10_000),
      Buffer.from(`,"dob":"${GOOD.dob}"}`),
    ]);
    // a byte order mark is one at the beginning alone
    const status = bytes.includes('\ufeff') ? 400 : statusOf({ name, bytes: body });
    const answer = await exchange(port, request('POST', '/customers', headersFor(body), body));
    const problem = isProblem(t, answer, status, name);
    if (status === 422) t.match(problem, { errors: [{ pointer: '/name' }] }, name);
  });
});

refused('through the gateway each of them is refused alike', async (t) => {
  await sendAll(t, jsonBodies, async (body) => {
    const answer = await exchange(nginx, request('POST', '/customers', headersFor(body.bytes), body.bytes));
    isProblem(t, answer, statusOf(body), body.name);
  });
});

refused('deep nesting is refused, closed or not, as long as a body may be', async (t) => {
  const bodies: [status: number, body: string][] = [
    [400, '['.repeat(MAX_BYTES)],
    [400, '{"a":'.repeat(3_000)],
    [400, '[{"":'.repeat(3_000)],
    [422, '['.repeat(8_000) + ']'.repeat(8_000)],
    [422, `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`],
    [400, `${'{"a":'.repeat(2_500)}{"__proto__":1}${'}'.repeat(2_500)}`],
    [422, `{"name":${'['.repeat(8_000)}${']'.repeat(8_000)},"dob":"${GOOD.dob}"}`],
    [413, '['.repeat(MAX_BYTES + 1)],
  ];
  for (const [method, url] of writes) {
    for (const [status, text] of bodies) {
      const body = Buffer.from(text);
      const answer = await exchange(port, request(method, url, headersFor(body), body));
      isProblem(t, answer, status, `${method} ${text.slice(0, 20)}`);
    }
  }
});
