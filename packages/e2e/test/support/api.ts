import { Agent, request } from 'node:http';

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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
