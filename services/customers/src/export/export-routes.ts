import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalidQuery, parsePageRequest } from '../customers/list-query.ts';
import { CACHE_CONTROL } from '../customers/representation.ts';
import { transferPool } from '../db/transfer-pool.ts';
import { csvEncoder, exportCustomers, ndjsonEncoder } from './export-customers.ts';
import { ExportQuerySchema, exportResponse } from './schemas.ts';

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
            'As CSV or NDJSON, as `Accept` has it, from one snapshot. You must read it within five minutes. In CSV an apostrophe is in front of what a spreadsheet would take for a formula, also behind a `;`; an import takes it away again. With `bom=true` Excel reads the letters right.',
          tags: ['transfers'],
          querystring: ExportQuerySchema,
          response: exportResponse,
        },
      },
      async (request, reply) => {
        const { selection } = parsePageRequest(request.query);
        const type = request.acceptedType as keyof typeof FORMATS;
        const { encoder, file } = FORMATS[type];
        const hasBom = request.query.bom === 'true';
        if (hasBom && type !== 'text/csv') {
          throw invalidQuery('/bom', 'is for CSV alone: leave it out, or accept text/csv');
        }
        reply
          .type(`${type}; charset=utf-8`)
          .header('content-disposition', `attachment; filename="${file}"`)
          .header('cache-control', CACHE_CONTROL);
        if (request.method === 'HEAD') return reply.send();
        return reply.send(await exportCustomers(pool, selection, () => encoder(hasBom)));
      },
    );
  };
}
