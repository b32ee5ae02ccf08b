import { Agent, request } from 'node:http';
import { waitFor } from '@pair/test-kit';

export interface Api {
  url: string;
  agent: Agent;
  timeoutMs: number;
}

/** Its `status` is 0 if no answer came in time, or the connection broke. */
export interface Answer {
  status: number;
  body: unknown;
  retryAfter: string | undefined;
  tookMs: number;
}

export const openApi = (url: string, { maxSockets = 200, timeoutMs = 10_000 } = {}): Api => ({
  url,
  agent: new Agent({ keepAlive: true, maxSockets }),
  timeoutMs,
});

export function call(
  { url, agent, timeoutMs }: Api,
  method: string,
  path: string,
  { token, body }: { token?: string; body?: object } = {},
): Promise<Answer> {
  const start = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, text = '', retryAfter?: string) =>
      resolve({ status, body: parse(text), retryAfter, tookMs: performance.now() - start });
    const sending = request(`${url}${path}`, {
      agent,
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
    sending.on('error', () => done(0));
    sending.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', () => done(0));
      response.on('end', () => done(response.statusCode ?? 0, text, response.headers['retry-after']));
    });
    sending.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Repeats a request that gets 503, for use while all stores are well: a machine busy with other tests may cause it. */
export async function callPatiently(...request: Parameters<typeof call>): Promise<Answer> {
  let answer = await call(...request);
  await waitFor(async () => {
    if (answer.status === 503) answer = await call(...request);
    return answer.status !== 503;
  });
  return answer;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
