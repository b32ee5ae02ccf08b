import { isUtf8 } from 'node:buffer';
import t, { type Test } from 'tap';
import { GOOD, isProblem, nginxBefore, target } from '../support/bad-input.ts';
import { type JsonBody, jsonBodies } from '../support/json-bodies.ts';
import { exchange } from '../support/wire.ts';

const { port, writes, refused, request } = await target(t);
const nginx = await nginxBefore(t, port);

const MAX_BYTES = 16_384;
/** Valid JSON, but refused: parsers disagree about duplicate members. */
const DUPLICATES = ['y_object_duplicated_key', 'y_object_duplicated_key_and_value'];
/** Bodies that are an empty object: a byte order mark is ignored (RFC 8259 §8.1). */
const EMPTY_OBJECTS = ['y_object_empty', 'i_structure_UTF-8_BOM_empty_object'];

/** Valid JSON is 422, because none of the bodies is a customer. Invalid JSON and other encodings are 400. */
function statusOf({ name, bytes }: JsonBody): number {
  if (bytes.length > MAX_BYTES) return 413;
  return name.startsWith('n_') || !isUtf8(bytes) || DUPLICATES.includes(name) ? 400 : 422;
}

function headersFor(body: Buffer): string[] {
  return ['Content-Type: application/json', `Content-Length: ${body.length}`];
}

/** Sends eight bodies at a time. */
async function sendAll(t: Test, bodies: JsonBody[], send: (body: JsonBody) => Promise<void>) {
  const left = [...bodies];
  const worker = async () => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) await send(body);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  t.equal(left.length, 0);
}

refused('the suite has 318 bodies', async (t) => {
  const count = (kind: string) => jsonBodies.filter(({ name }) => name.startsWith(kind)).length;
  t.same([count('y_'), count('n_'), count('i_')], [95, 188, 35]);
});

for (const [method, url] of writes) {
  refused(`${method} refuses every body of the suite, and names the fault in valid JSON`, async (t) => {
    // an empty object is a valid patch, which changes nothing
    const bodies = jsonBodies.filter(({ name }) => method !== 'PATCH' || !EMPTY_OBJECTS.includes(name));
    await sendAll(t, bodies, async (body) => {
      const status = statusOf(body);
      const answer = await exchange(port, request(method, url, headersFor(body.bytes), body.bytes));
      const problem = isProblem(t, answer, status, body.name);
      if (status === 422) t.type(problem.errors?.[0].pointer, 'string', body.name);
    });
  });
}

refused('every body of the suite is refused as a name too', async (t) => {
  // the only body that is a valid name
  const bodies = jsonBodies.filter(({ name }) => name !== 'y_structure_lonely_string');
  await sendAll(t, bodies, async ({ name, bytes }) => {
    const body = Buffer.concat([
      Buffer.from('{"name":'),
      bytes.subarray(0, 10_000),
      Buffer.from(`,"dob":"${GOOD.dob}"}`),
    ]);
    // a byte order mark is ignored only at the beginning
    const status = bytes.includes('\ufeff') ? 400 : statusOf({ name, bytes: body });
    const answer = await exchange(port, request('POST', '/customers', headersFor(body), body));
    const problem = isProblem(t, answer, status, name);
    if (status === 422) t.match(problem, { errors: [{ pointer: '/name' }] }, name);
  });
});

refused('every body of the suite is refused alike through the gateway', async (t) => {
  await sendAll(t, jsonBodies, async (body) => {
    const answer = await exchange(nginx, request('POST', '/customers', headersFor(body.bytes), body.bytes));
    isProblem(t, answer, statusOf(body), body.name);
  });
});

refused('deep nesting is refused, closed or not, up to the limit of a body', async (t) => {
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
