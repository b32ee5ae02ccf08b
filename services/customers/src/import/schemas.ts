import { ProblemSchema, problemExamples } from '@pair/service-kit';
import { Type } from 'typebox';
import { dateOfBirthFormat } from '../customers/date-of-birth.ts';
import { EXAMPLE, NewCustomerSchema } from '../customers/schemas.ts';
import { ImportReport, importRefused } from './import-report.ts';

export const ImportQuerySchema = Type.Object(
  {
    on_error: Type.Optional(
      Type.String({
        enum: ['abort', 'skip'],
        description:
          '`abort` (default): one wrong line, and nothing is imported. `skip`: wrong lines are left out.',
      }),
    ),
    dry_run: Type.Optional(
      Type.String({ enum: ['true', 'false'], description: '`true`: checks everything and imports nothing.' }),
    ),
  },
  { additionalProperties: false },
);

/** A record of a file: the rules of a new customer, and what an export has besides. */
export const ImportedCustomerSchema = Type.Object(
  {
    id: Type.Optional(Type.String({ format: 'uuid' })),
    ...NewCustomerSchema.properties,
    updated_at: Type.Optional(Type.String({ format: 'timestamp' })),
  },
  { additionalProperties: false },
);

const { name: EXAMPLE_NAME, dob: EXAMPLE_DOB } = EXAMPLE;

/** Streams: they are checked line by line, while they are read. */
export const importBody = {
  content: {
    'text/csv': {
      schema: {
        description:
          'RFC 4180, UTF-8. The first line names the columns, in any order and case: `name` and `dob`, and, as an export has them, `id` and `updated_at`. Cells may also be separated by semicolons or tabs, and lines end with CRLF, LF or CR. Up to 128 MiB.',
        examples: [`name,dob\r\n${EXAMPLE_NAME},${EXAMPLE_DOB}\r\n`],
      },
    },
    'application/x-ndjson': {
      schema: {
        description:
          'A JSON object a line, with the members `name` and `dob`, and, as an export has them, `id` and `updated_at`. Up to 128 MiB.',
        examples: [`${JSON.stringify({ name: EXAMPLE_NAME, dob: EXAMPLE_DOB })}\n`],
      },
    },
  },
};

const progress = {
  lines_read: Type.Integer({ minimum: 0, description: 'The line that was read last, from 1.' }),
  created: Type.Integer({ minimum: 0, description: 'Customers that were made, or would be.' }),
  skipped: Type.Integer({ minimum: 0, description: 'Lines that were wrong.' }),
};
const summary = {
  ...progress,
  problems: Type.Array(
    Type.Object(
      {
        line: Type.Integer({ minimum: 1, description: 'Where the record starts, from 1.' }),
        member: Type.Unsafe<string | null>({
          type: ['string', 'null'],
          description: 'Which member, or column; null when it is the line as a whole.',
        }),
        reason: Type.String({ description: 'What is wrong: completes the sentence "it …".' }),
      },
      { title: 'LineProblem' },
    ),
    { maxItems: 1_000, description: 'The first 1,000 of them, by line.' },
  ),
};

const exampleReport = new ImportReport();
exampleReport.linesRead = 2;
exampleReport.skip([{ line: 2, member: 'dob', reason: dateOfBirthFormat.message }]);

export const importResponse = {
  200: {
    description: 'How it ended; or how it goes, a line each second, and then how it ended',
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
          description: 'Lines with `event`: `progress`, and one `summary` or `problem`.',
          examples: ['{"event":"summary","lines_read":2,"created":1,"skipped":0,"problems":[]}\n'],
        },
      },
    },
  },
  422: {
    description: 'Lines are wrong; nothing was imported',
    content: {
      'application/problem+json': {
        schema: Type.Object({ ...ProblemSchema.properties, ...summary }, { title: 'ImportProblem' }),
        examples: problemExamples(importRefused(exampleReport)),
      },
    },
  },
};
