import { mergeHeaders } from 'openapi-fetch';
import { randomKey } from './random-key.ts';
import type { Init, Send } from './send.ts';

/** What openapi-fetch does not take from the document: the operations that do not speak JSON both ways. */
const OPERATIONS: Record<string, { parseAs?: string; bodySerializer?: unknown; duplex?: 'half' }> = {
  'GET /customers/export': { parseAs: 'text' },
  'GET /oauth/authorize': { parseAs: 'text' },
  'POST /customers/import': { bodySerializer: (file: unknown) => file, duplex: 'half' },
};

/** Adds what a call has unless the caller says otherwise: once, so that however often it is sent it stays the same. */
export function withDefaults(send: Send): Send {
  return (method, path, init = {}) => {
    const operation = `${method} ${path}`;
    const { parseAs, ...defaults } = OPERATIONS[operation] ?? {};
    const headers = mergeHeaders(headersOf(operation, init), init.headers);
    // also when the caller takes it away: without one it could not be tried again
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

/** What a Blob says of itself: nothing, when nobody knows, and for a .csv `vnd.ms-excel` on Windows with Excel. */
function mediaTypeOf(file: unknown): string {
  const type = file instanceof Blob ? file.type : '';
  return type === '' || type === 'application/vnd.ms-excel' ? 'text/csv' : type;
}
