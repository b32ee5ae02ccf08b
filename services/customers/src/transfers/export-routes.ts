import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { parsePageRequest } from '../customers/list-query.ts';
import { CACHE_CONTROL } from '../customers/representation.ts';
import { csvEncoder, exportCustomers, ndjsonEncoder } from './export-customers.ts';
import { ExportQuerySchema, exportResponse } from './schemas.ts';
import { transferPool } from './transfer-pool.ts';

const FORMATS = {
  'text/csv': { encoder: csvEncoder, file: 'customers.csv' },
  'application/x-ndjson': { encoder: ndjsonEncoder, file: 'customers.ndjson' },
};

/** `GET /customers/export`, over connections of its own. */
export function exportRoutes(databaseUrl: string): FastifyPluginAsyncTypebox {
  return async (app) => {
    const pool = transferPool(app, databaseUrl, 'customers: export');

    app.get(
      '/customers/export',
      {
        schema: {
          operationId: 'exportCustomers',
          summary: 'All customers, or a selection of them, as a file',
          description:
            'As CSV or NDJSON, as `Accept` has it, from one snapshot. It must be read within five minutes. In CSV a cell that a spreadsheet would take for a formula has an apostrophe in front; an import takes it away again.',
          tags: ['transfers'],
          querystring: ExportQuerySchema,
          response: exportResponse,
        },
      },
      async (request, reply) => {
        const { selection } = parsePageRequest(request.query);
        const type = request.acceptedType as keyof typeof FORMATS;
        const { encoder, file } = FORMATS[type];
        reply
          .type(`${type}; charset=utf-8`)
          .header('content-disposition', `attachment; filename="${file}"`)
          .header('cache-control', CACHE_CONTROL);
        if (request.method === 'HEAD') return reply.send();
        return reply.send(await exportCustomers(pool, selection, encoder));
      },
    );
  };
}
