import { ProblemSchema, problemExamples } from '@pair/service-kit';
import { Type } from 'typebox';
import { dateOfBirthFormat } from '../../customers/date-of-birth.ts';
import { NEW_EXAMPLE, newMembers } from '../../customers/schemas.ts';
import { COLUMNS, REQUIRED_COLUMNS } from '../columns.ts';
import { ImportReport, importRefused } from './import-report.ts';

export const ImportQuerySchema = Type.Object(
  {
    on_error: Type.Optional(
      Type.String({
        enum: ['abort', 'skip'],
        description:
          'With `abort`, the default, a single wrong line makes the import create nothing. With `skip` the import leaves out wrong lines.',
      }),
    ),
    dry_run: Type.Optional(
      Type.String({ format: 'boolean', description: 'True if the import should only check the file.' }),
    ),
  },
  { additionalProperties: false },
);

/** A record of a file: the members of a new customer, and those that an export adds. */
export const ImportedCustomerSchema = Type.Object(
  {
    id: Type.Optional(Type.String({ format: 'uuid' })),
    ...newMembers,
    updated_at: Type.Optional(Type.String({ format: 'timestamp' })),
  },
  { additionalProperties: false },
);

const AND = new Intl.ListFormat('en');
const list = (columns: readonly string[]) => AND.format(columns.map((column) => `\`${column}\``));
const MEMBERS_OF_A_RECORD = `${list(REQUIRED_COLUMNS)}, and optionally ${list(COLUMNS.filter((column) => !REQUIRED_COLUMNS.includes(column)))}, as in an export`;

/** The schemas are for the document only: the import checks a stream line by line. */
export const importBody = {
  content: {
    'text/csv': {
      schema: {
        description: `CSV (RFC 4180) in UTF-8, up to 128 MiB. The first line names the columns, in any order and case: ${MEMBERS_OF_A_RECORD}. You can also separate cells by semicolons or tabs. Lines end with CRLF, LF or CR.`,
        examples: [`${Object.keys(NEW_EXAMPLE).join(',')}\r\n${Object.values(NEW_EXAMPLE).join(',')}\r\n`],
      },
    },
    'application/x-ndjson': {
      schema: {
        description: `A JSON object per line, up to 128 MiB. Its members are ${MEMBERS_OF_A_RECORD}.`,
        examples: [`${JSON.stringify(NEW_EXAMPLE)}\n`],
      },
    },
  },
};

const progress = {
  lines_read: Type.Integer({ minimum: 0, description: 'The number of the line that was read last, from 1.' }),
  created: Type.Integer({
    minimum: 0,
    description: 'The number of customers that the import has created, or with `dry_run` would create.',
  }),
  skipped: Type.Integer({ minimum: 0, description: 'The number of wrong lines.' }),
};
const summary = {
  ...progress,
  problems: Type.Array(
    Type.Object(
      {
        line: Type.Integer({
          minimum: 1,
          description: 'The number of the first line of the record, from 1.',
        }),
        member: Type.Unsafe<string | null>({
          type: ['string', 'null'],
          description: 'The wrong member or column; null if the whole line is wrong.',
        }),
        reason: Type.String({ description: 'The problem, as the end of a sentence that begins with "it".' }),
      },
      { title: 'LineProblem' },
    ),
    { maxItems: 1_000, description: 'The first 1,000 problems, by line.' },
  ),
};

const exampleReport = new ImportReport();
exampleReport.linesRead = 2;
exampleReport.skip([{ line: 2, member: 'dob', reason: dateOfBirthFormat.message }]);

export const importResponse = {
  200: {
    description:
      'The result; with `Accept: application/x-ndjson` lines of progress, and the result in the last line',
    content: {
      'application/json': {
        schema: Type.Object(summary, {
          title: 'ImportReport',
          examples: [{ lines_read: 2, created: 1, skipped: 0, problems: [] }],
        }),
      },
      'application/x-ndjson': {
        schema: {
          type: 'string',
          description: 'JSON lines with an `event`: `progress`, and at the end one `summary` or `problem`.',
          examples: ['{"event":"summary","lines_read":2,"created":1,"skipped":0,"problems":[]}\n'],
        },
      },
    },
  },
  422: {
    description: 'Lines are wrong, and the import has created nothing',
    content: {
      'application/problem+json': {
        schema: Type.Object({ ...ProblemSchema.properties, ...summary }, { title: 'ImportProblem' }),
        examples: problemExamples(importRefused(exampleReport)),
      },
    },
  },
};
