export type Party = 'owner' | 'thief';

/** The tokens in a request or in its answer. */
export interface Carried {
  access?: string;
  refresh?: string;
}

/** A request of the page, and its answer. */
export interface Exchange {
  party: Party;
  method: string;
  path: string;
  /** The scheme of the Authorization header, if there is one. */
  scheme: string | undefined;
  hasProof: boolean;
  sent: Carried;
  /** The HTTP status; 0 without an answer. */
  status: number;
  /** The `code` and the `detail` of a problem. */
  code: string | undefined;
  detail: string | undefined;
  got: Carried;
  /** The times of the request and of its answer, in milliseconds since the page was opened. */
  sentAt: number;
  at: number;
}

interface Answer {
  access_token?: string;
  refresh_token?: string;
  code?: string;
  detail?: string;
}

/** Returns a `fetch` that reports each request with its answer, before the caller gets that answer. */
export function recordingFetch(party: Party, record: (exchange: Exchange) => void) {
  return async (request: Request): Promise<Response> => {
    const [scheme, access] = request.headers.get('authorization')?.split(' ') ?? [];
    const body = await contentOf(request.clone());
    const asked = {
      party,
      method: request.method,
      path: new URL(request.url).pathname,
      scheme,
      hasProof: request.headers.has('dpop'),
      sent: carried(access, body.refresh_token),
      sentAt: performance.now(),
    };
    const answered = (status: number, answer: Answer = {}) =>
      record({
        ...asked,
        status,
        code: answer.code,
        detail: answer.detail,
        got: carried(answer.access_token, answer.refresh_token),
        at: performance.now(),
      });
    try {
      const response = await fetch(request);
      answered(response.status, await contentOf(response.clone()));
      return response;
    } catch (error) {
      answered(0);
      throw error;
    }
  };
}

/** Returns the JSON of a request or an answer, or an empty object. */
async function contentOf(message: Request | Response): Promise<Answer> {
  try {
    return JSON.parse(await message.text());
  } catch {
    return {};
  }
}

function carried(access: string | undefined, refresh: string | undefined): Carried {
  return { ...(access !== undefined && { access }), ...(refresh !== undefined && { refresh }) };
}
