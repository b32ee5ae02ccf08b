import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { invalidQuery, parsePageRequest } from '../../customers/list-query.ts';
import { CACHE_CONTROL } from '../../customers/representation.ts';
import { slotsOfSubjects, tooManyTransfers } from '../slots-of-subject.ts';
import { transferPool } from '../transfer-pool.ts';
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
    const slots = slotsOfSubjects();
    const rows = app.metrics.counter({ name: 'customers_export_rows_total', help: 'Rows in exported files' });
    rows.inc({}, 0);

    app.get(
      '/customers/export',
      {
        schema: {
          operationId: 'exportCustomers',
          summary: 'Export all customers, or a selection, as a file',
          description:
            'You get CSV or NDJSON, by `Accept`, from one snapshot. Read it within five minutes. In CSV an apostrophe precedes each text that a spreadsheet would compute as a formula, also after a `;`; an import removes it again. With `bom=true` Excel shows the letters correctly.',
          tags: ['transfers'],
          querystring: ExportQuerySchema,
          response: exportResponse,
        },
        config: { problems: [tooManyTransfers] },
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
        const noteRows = (count: number) => rows.inc({}, count);
        const leave = slots.take(request.claims.sub);
        try {
          const output = await exportCustomers(pool, selection, () => encoder(hasBom), noteRows);
          return reply.send(output.once('close', leave));
        } catch (error) {
          leave();
          throw error;
        }
      },
    );
  };
}
