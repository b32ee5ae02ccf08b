import type { AddressInfo } from 'node:net';
import { freePort, testNginx } from '@pair/test-kit';
import type { Test } from 'tap';
import { customersDatabase } from './database.ts';
import { customersProcess, ready, type TestService } from './service.ts';
import type { Answer } from './wire.ts';

export const GOOD = { name: 'Ann', dob: '1960-05-25' };
export const GOOD_JSON = JSON.stringify(GOOD);

/** Returns JSON in ASCII: some of the texts that tests send would break the lines of a test report. */
export function escaped(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export interface Target extends TestService {
  /** The id of the only customer. */
  id: string;
  /** The port of the service. */
  port: number;
  /** The three writes with a body. */
  writes: (readonly ['POST' | 'PUT' | 'PATCH', url: string])[];
  /** Defines a test that fails if its requests have written anything, or caused a 500. */
  refused(name: string, requests: (t: Test) => Promise<unknown>): void;
  /** Returns the bytes of a request with a token of all scopes, and these header lines. */
  request(method: string, url: string, headers: string[], body?: string | Buffer): Buffer;
}

/** The service with one customer, which must not change. */
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
        t.notMatch(
          service.log(),
          /internal_error|"level":"(error|fatal)"/,
          'the service had no fault of its own',
        );
        t.equal((await service.send('GET', `/customers/${id}`)).statusCode, 200, 'the service goes on');
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

/** Starts nginx in front of the service, and returns its port. */
export async function nginxBefore(t: Test, port: number): Promise<number> {
  const url = await testNginx(t, { auth: [await freePort()], customers: [port] });
  return Number(new URL(url).port);
}

/** Checks that the answer is a problem (RFC 9457) with this status, and returns its body. */
export function isProblem(t: Test, answer: Answer | undefined, status: number, name: string) {
  const body = answer?.body.startsWith('{') ? JSON.parse(answer.body) : answer?.body;
  const isAsExpected =
    answer?.status === status &&
    /^content-type: application\/problem\+json/im.test(answer.head) &&
    body.status === status &&
    typeof body.code === 'string';
  // one assertion per request, because there are thousands
  t.ok(isAsExpected, `${name}: ${status}`, isAsExpected ? {} : { answer: answer ?? 'none' });
  return body;
}
