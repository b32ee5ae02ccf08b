import { sendBlindly } from '@pair/test-kit';
import { isProblem, type Target } from './bad-input.ts';
import { parse } from './wire.ts';

export const MIB = 1024 * 1024;

/** A request that the service refuses early: a header, and the beginning of a body of any length. */
export type Early = [name: string, status: number, header: Buffer, begin?: string];

/** Defines tests of requests whose Content-Length is the size of their body. */
export function getEarlyAnswers({ port, refused }: Target, early: (contentLength: string) => Early[]): void {
  for (const [size, times] of [
    [20 * 1024, 20],
    [20 * MIB, 5],
  ] as const) {
    refused(
      `a client that sends ${size} bytes before it reads gets its answer, each of ${times} times`,
      async (t) => {
        for (const [name, status, header, begin = ''] of early(`Content-Length: ${size}`)) {
          const body = Buffer.alloc(size, 'x');
          body.write(begin);
          for (let i = 0; i < times; i++) {
            isProblem(t, parse(await sendBlindly(port, header, body)), status, name);
          }
        }
      },
    );
  }
}

/** Returns the bytes of a request with an invalid token. */
export const anonymous = ({ token, request }: Target, method: string, url: string, headers: string[]) =>
  Buffer.from(String(request(method, url, headers)).replace(`Bearer ${token}`, 'Bearer x'));
