import { PassThrough, type Readable, Transform } from 'node:stream';
import { setTimeout as elapsed } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  liftTimeLimit,
  type Metrics,
  Problem,
  problemBody,
  problemOf,
  unsupportedMediaType,
  utf8ContentType,
} from '@pair/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { slotsOfSubjects, tooManyTransfers } from '../slots-of-subject.ts';
import { transferPool } from '../transfer-pool.ts';
import { checkRecord } from './import-check.ts';
import { type Import, importCustomers } from './import-customers.ts';
import { ImportReport, importConflict } from './import-report.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { ImportQuerySchema, importBody, importResponse } from './schemas.ts';

/** The limit of a file. nginx has the same limit. */
const IMPORT_LIMIT_BYTES = 128 * 1024 * 1024;
const IMPORT_LIMIT_MS = 300_000;
const PROGRESS_MS = 1_000;

const CSV = 'text/csv';
const NDJSON = 'application/x-ndjson';
const READERS = { [CSV]: readCsv, [NDJSON]: readNdjson };

/** `POST /customers/import`, over connections of its own. */
export function importRoutes(databaseUrl: string): FastifyPluginAsyncTypebox {
  return async (app) => {
    const pool = transferPool(app, databaseUrl, 'customers: import');
    const slots = slotsOfSubjects();
    app.addHook('onRequest', liftTimeLimit); // an import has a longer limit of its own
    const rows = importedRows(app.metrics);
    app.removeAllContentTypeParsers();
    // registered first, because Fastify tries the last parser first, and this one also matches a type without the parameter
    app.addContentTypeParser(utf8ContentType(CSV, 'header=absent'), (_request, _body, done) =>
      done(headerAbsent()),
    );
    for (const type of [utf8ContentType(CSV, 'header=present'), utf8ContentType(NDJSON)]) {
      app.addContentTypeParser(type, (_request, body, done) => done(null, body));
    }

    app.post(
      '/customers/import',
      {
        schema: {
          operationId: 'importCustomers',
          summary: 'Create customers from a file',
          description:
            'The import creates all customers of the file or none, unless you skip errors. A file has at most 128 MiB, and the import at most five minutes. With `Accept: application/x-ndjson` you get a line of progress every second. The status is 200 from the first line on, and the last line has the result. You get 409 if another request creates a customer with an id of your file during the import: send the file again, and the answer names the line.',
          tags: ['transfers'],
          querystring: ImportQuerySchema,
          body: importBody,
          response: importResponse,
        },
        config: { problems: [emptyBody, timeIsUp, importConflict, tooManyTransfers] },
      },
      async (request, reply) => {
        if (request.body === undefined) throw emptyBody(); // without a content type Fastify requires no body
        const { on_error, dry_run } = request.query;
        // then the end of the answer is past, and would not end the import
        if (reply.raw.destroyed) throw clientIsGone();
        const { refusal } = app.unconfirmedWrites;
        if (refusal !== undefined) throw refusal;
        const leave = slots.take(request.claims.sub);
        const report = new ImportReport();
        const end = endOf(reply);
        const file: Import = {
          body: limited(request.body as Readable),
          read: READERS[request.mediaType as keyof typeof READERS],
          check: checkRecord,
          skipsErrors: on_error === 'skip',
          isDryRun: dry_run === 'true',
          signal: end.signal,
        };
        const work = importCustomers(pool, report, file)
          .then(() => {
            if (!file.isDryRun) rows(report);
          })
          .finally(() => {
            end.clear();
            leave();
          });
        if (request.acceptedType === 'application/x-ndjson')
          return reportProgress(request, reply, report, work);
        await work;
        return reply.send(report.summary());
      },
    );
  };
}

/** Returns a function that counts the rows of an import that has ended well. */
function importedRows(metrics: Metrics): (report: ImportReport) => void {
  const rows = metrics.counter({
    name: 'customers_import_rows_total',
    help: 'Rows of files, created or skipped',
    labelNames: ['outcome'],
  });
  const count = ({ created, skipped }: Pick<ImportReport, 'created' | 'skipped'>) => {
    rows.inc({ outcome: 'created' }, created);
    rows.inc({ outcome: 'skipped' }, skipped);
  };
  count({ created: 0, skipped: 0 });
  return count;
}

/** Returns a signal that aborts when the client is gone, or the time is up. */
function endOf(reply: FastifyReply): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timeIsUp()), IMPORT_LIMIT_MS);
  const onClose = () => controller.abort(clientIsGone());
  reply.raw.once('close', onClose);
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      reply.raw.off('close', onClose);
    },
  };
}

/** Limits the size of a file. Uses a stream of its own, because the request must outlive it for the answer. */
function limited(body: Readable): Readable {
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= IMPORT_LIMIT_BYTES) done(null, chunk);
      else done(new Problem(413, 'body_too_large', 'An import has at most 128 MiB: split the file.'));
    },
  });
  // the rest of a refused file is still read: many clients read the answer only after they have sent everything
  limit.once('close', () => body.resume());
  return body.pipe(limit);
}

/** Sends a line of progress each second. Waits a second first: until then the status can still be that of an error. */
async function reportProgress(
  request: FastifyRequest,
  reply: FastifyReply,
  report: ImportReport,
  work: Promise<void>,
): Promise<FastifyReply> {
  const lines = new PassThrough();
  const write = (event: string, content: object) => lines.write(`${JSON.stringify({ event, ...content })}\n`);
  const isOver = await Promise.race([work.then(() => true), elapsed(PROGRESS_MS, false)]);
  reply.type('application/x-ndjson; charset=utf-8');
  if (isOver) return reply.send(`${JSON.stringify({ event: 'summary', ...report.summary() })}\n`);

  write('progress', report.progress());
  const timer = setInterval(() => write('progress', report.progress()), PROGRESS_MS);
  work
    .then(
      () => write('summary', report.summary()),
      (error) => write('problem', problemBody(problemOf(error, request), request.id, request.url)),
    )
    .finally(() => {
      clearInterval(timer);
      lines.end();
    });
  return reply.send(lines);
}

function emptyBody(): Problem {
  return new Problem(400, 'empty_body', 'This request needs a body.');
}

function clientIsGone(): Problem {
  return new Problem(400, 'client_gone', 'The client did not wait for the answer.');
}

function timeIsUp(): Problem {
  return new Problem(408, 'request_timeout', 'The import took longer than five minutes: split the file.');
}

/** RFC 4180 §3 allows files without a header, but an import cannot know the order of their columns. */
function headerAbsent(): Problem {
  return unsupportedMediaType(
    'POST',
    { body: importBody },
    'A CSV file without a header cannot be imported: add a first line that names the columns, as in name,dob, and send header=present.',
  );
}
