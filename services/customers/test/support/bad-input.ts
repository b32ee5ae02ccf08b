import type { AddressInfo } from 'node:net';
import { freePort, testNginx } from '@pair/test-kit';
import type { Test } from 'tap';
import { customersDatabase } from './database.ts';
import { customersProcess, ready, type TestService } from './service.ts';
import type { Answer } from './wire.ts';

export const GOOD = { name: 'Ann', dob: '1960-05-25' };
export const GOOD_JSON = JSON.stringify(GOOD);

/** As JSON in ASCII: some of what is sent here would break the lines of a test's report. */
export function escaped(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export interface Target extends TestService {
  /** Of the one customer there is. */
  id: string;
  /** Where the service listens. */
  port: number;
  /** The three writes that have a body. */
  writes: (readonly ['POST' | 'PUT' | 'PATCH', url: string])[];
  /** A test after which nothing may have been written, and nothing been a fault of ours. */
  refused(name: string, requests: (t: Test) => Promise<unknown>): void;
  /** A request of the customer who is allowed everything; the header lines are those that matter. */
  request(method: string, url: string, headers: string[], body?: string | Buffer): Buffer;
}

/** The service with one customer, who has to stay as he is. */
export async function target(t: Test): Promise<Target> {
  const { url: databaseUrl, client } = await customersDatabase(t);
  const service = await customersProcess(t, { databaseUrl });
  await ready(service.app);
  const { id } = (await service.send('POST', '/customers', { body: GOOD })).json();
  const content = async () => [
    (await client.query('SELECT *, dob::text FROM customers')).rows,
    (await client.query('SELECT * FROM idempotency_keys')).rows,
  ];
  const before = await content();

  return {
    ...service,
    id,
    port: (service.app.server.address() as AddressInfo).port,
    writes: [
      ['POST', '/customers'],
      ['PUT', `/customers/${id}`],
      ['PATCH', `/customers/${id}`],
    ],
    refused(name, requests) {
      t.test(name, async (t) => {
        await requests(t);
        t.same(await content(), before, 'nothing was written');
        t.notMatch(service.log(), /internal_error|"level":"(error|fatal)"/, 'nothing was a fault of ours');
        t.equal((await service.send('GET', `/customers/${id}`)).statusCode, 200, 'and it goes on');
      });
    },
    request(method, url, headers, body = '') {
      const lines = [
        `${method} ${url} HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${service.token}`,
        ...headers,
      ];
      return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
    },
  };
}

/** The port of the real nginx before it. */
export async function nginxBefore(t: Test, port: number): Promise<number> {
  const url = await testNginx(t, { auth: [await freePort()], customers: [port] });
  return Number(new URL(url).port);
}

/** True of an answer that is a problem (RFC 9457) of one of these statuses; gives its body. */
export function isProblem(t: Test, answer: Answer | undefined, status: number, name: string) {
  const body = answer?.body.startsWith('{') ? JSON.parse(answer.body) : answer?.body;
  const isAsExpected =
    answer?.status === status &&
    /^content-type: application\/problem\+json/im.test(answer.head) &&
    body.status === status &&
    typeof body.code === 'string';
  // one assertion for each request, for there are thousands
  t.ok(isAsExpected, `${name}: ${status}`, isAsExpected ? {} : { answer: answer ?? 'none' });
  return body;
}
