import { PassThrough, type Readable, Transform } from 'node:stream';
import { setTimeout as elapsed } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  liftTimeLimit,
  Problem,
  problemBody,
  problemOf,
  unsupportedMediaType,
  utf8ContentType,
} from '@pair/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { transferPool } from '../db/transfer-pool.ts';
import { checkRecord } from './import-check.ts';
import { type Import, importCustomers } from './import-customers.ts';
import { ImportReport, importConflict } from './import-report.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { ImportQuerySchema, importBody, importResponse } from './schemas.ts';

/** Of the body; nginx has the same. */
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
    app.addHook('onRequest', liftTimeLimit); // there is a longer one
    app.removeAllContentTypeParsers();
    // before the others, which are tried first: with this one the parameter may be left out too
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
            'All or nothing, unless errors are skipped; at most 128 MiB, in at most five minutes. With `Accept: application/x-ndjson` the answer tells every second how far it is, and its status is 200 from then on: the last line says how it ended. 409: an id of the file was taken while it was imported; sent again, the file is told which line it is.',
          tags: ['transfers'],
          querystring: ImportQuerySchema,
          body: importBody,
          response: importResponse,
        },
        config: { problems: [emptyBody, timeIsUp, importConflict] },
      },
      async (request, reply) => {
        if (request.body === undefined) throw emptyBody(); // without a type nobody looks for one
        const { on_error, dry_run } = request.query;
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
        const work = importCustomers(pool, report, file).finally(end.clear);
        if (request.acceptedType === 'application/x-ndjson')
          return reportProgress(request, reply, report, work);
        await work;
        return reply.send(report.summary());
      },
    );
  };
}

/** Aborts when the client is gone, or the time is up. */
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

/** No longer than it may be; a stream of its own, because the request has to outlive it for the answer. */
function limited(body: Readable): Readable {
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= IMPORT_LIMIT_BYTES) done(null, chunk);
      else done(new Problem(413, 'body_too_large', 'An import has at most 128 MiB: split the file.'));
    },
  });
  // what nobody needs any more is read all the same: many clients look for an answer when they have sent everything
  limit.once('close', () => body.resume());
  return body.pipe(limit);
}

/** A line each second, when it takes as long as that; before, the status can still be that of an error. */
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
  return new Problem(408, 'request_timeout', 'The import took longer than five minutes.');
}

/** RFC 4180 §3 has such files; only the first line tells which column is which. */
function headerAbsent(): Problem {
  return unsupportedMediaType(
    'POST',
    { body: importBody },
    'A CSV file without a header cannot be imported: add a first line that names the columns, as in name,dob, and send header=present.',
  );
}
