import { sendBlindly } from '@pair/test-kit';
import t from 'tap';
import { isProblem, nginxBefore, target } from '../../support/bad-input.ts';
import { anonymous, type Early, getEarlyAnswers, MIB } from '../../support/early-answers.ts';
import { ready } from '../../support/service.ts';
import { parse } from '../../support/wire.ts';

t.setTimeout(120_000);

const service = await target(t);
const { app, port, refused, request } = service;
const nginx = await nginxBefore(t, port);
await ready(app);

const URL = '/customers/import';
const CSV = 'Content-Type: text/csv';

function early(length: string): Early[] {
  const file = (...headers: string[]) => request('POST', URL, [length, ...headers]);
  return [
    ['a file without a token', 401, anonymous(service, 'POST', URL, [CSV, length])],
    ['a file of another type', 415, file('Content-Type: text/plain')],
    ['a file with an Accept that fits no type', 406, file(CSV, 'Accept: text/html')],
    ['a file with another coding', 415, file(CSV, 'Content-Encoding: gzip')],
    ['a file with an unknown parameter', 400, request('POST', `${URL}?x=1`, [length, CSV])],
    ['a file with an unknown column', 422, file(CSV), 'name,dob,nickname\n'],
  ];
}

getEarlyAnswers(service, early);

refused('a client that sends more than 128 MiB before it reads gets its answer', async (t) => {
  const body = Buffer.alloc(160 * MIB, 'x');
  body.write('name,dob\n');
  const header = request('POST', URL, [CSV, 'Transfer-Encoding: chunked']);
  const chunk = [Buffer.from(`${body.length.toString(16)}\r\n`), body, '\r\n0\r\n\r\n'];
  const answer = parse(await sendBlindly(port, header, ...chunk));
  t.match(isProblem(t, answer, 413, 'the service'), { code: 'body_too_large' });
});

refused('the early refusals of the service arrive through the gateway too', async (t) => {
  for (const [name, status, header] of early(`Content-Length: ${20 * MIB}`).slice(0, 4)) {
    const answer = parse(await sendBlindly(nginx, header, Buffer.alloc(20 * MIB, 'x')));
    isProblem(t, answer, status, name);
  }
});
