import { mergeHeaders } from 'openapi-fetch';
import { randomKey } from './random-key.ts';
import type { Send } from './send.ts';

/** What openapi-fetch does not take from the document: the operations that do not speak JSON both ways. */
const OPERATIONS: Record<string, object> = {
  'GET /customers/export': { parseAs: 'text' },
  'GET /oauth/authorize': { parseAs: 'text' },
  'POST /customers/import': { bodySerializer: (file: unknown) => file, duplex: 'half' },
};

/** Adds what a call has unless the caller says otherwise: once, so that however often it is sent it stays the same. */
export function withDefaults(send: Send): Send {
  return (method, path, init = {}) => {
    const operation = `${method} ${path}`;
    const headers = mergeHeaders(headersOf(operation), init.headers);
    return send(method, path, { ...OPERATIONS[operation], ...init, headers });
  };
}

function headersOf(operation: string): Record<string, string> {
  if (operation === 'POST /customers') return { 'idempotency-key': randomKey() };
  if (operation.startsWith('POST /oauth/')) return { 'content-type': 'application/x-www-form-urlencoded' };
  return {};
}
