import { mergeHeaders } from 'openapi-fetch';
import { randomKey } from './random-key.ts';
import type { Init, Send } from './send.ts';

/** Options of the operations whose request or answer is not JSON: openapi-fetch does not read them from the document. */
const OPERATIONS: Record<string, { parseAs?: string; bodySerializer?: unknown; duplex?: 'half' }> = {
  'GET /customers/export': { parseAs: 'text' },
  'GET /oauth/authorize': { parseAs: 'text' },
  'POST /oauth/token': { bodySerializer: formOf },
  'POST /customers/import': { bodySerializer: (file: unknown) => file, duplex: 'half' },
};

/** Adds the default headers and options of a call. Adds them once a call, so that all its attempts are the same request. */
export function withDefaults(send: Send): Send {
  return (method, path, init = {}) => {
    const operation = `${method} ${path}`;
    const { parseAs, ...defaults } = OPERATIONS[operation] ?? {};
    const headers = mergeHeaders(headersOf(operation, init), init.headers);
    // also if the caller has removed it: without the key a retry could create a second customer
    if (operation === 'POST /customers' && !headers.has('idempotency-key')) {
      headers.set('idempotency-key', randomKey());
    }
    return send(method, path, { ...defaults, ...init, parseAs: init.parseAs ?? parseAs, headers });
  };
}

function headersOf(operation: string, { body }: Init): Record<string, string> {
  if (operation === 'POST /customers/import') return { 'content-type': mediaTypeOf(body) };
  if (operation.startsWith('POST /oauth/')) return { 'content-type': 'application/x-www-form-urlencoded' };
  return {};
}

/** Encodes a list as one parameter for each value: `resource` may occur several times (RFC 8707 §2). */
function formOf(body: Record<string, unknown>): URLSearchParams {
  const parameters = Object.entries(body).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, `${one}`]),
  );
  return new URLSearchParams(parameters);
}

/** Returns the type of a Blob, or CSV. Windows has no type for a .csv, or with Excel installed `vnd.ms-excel`. */
function mediaTypeOf(file: unknown): string {
  const type = file instanceof Blob ? file.type : '';
  return type === '' || type === 'application/vnd.ms-excel' ? 'text/csv' : type;
}
