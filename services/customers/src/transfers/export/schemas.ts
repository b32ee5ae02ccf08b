import { Type } from 'typebox';
import { EXAMPLE, ListQuerySchema } from '../../customers/schemas.ts';
import { COLUMNS } from '../columns.ts';

const { sort, name, dob_from, dob_to } = ListQuerySchema.properties;
export const ExportQuerySchema = Type.Object(
  {
    sort,
    name,
    dob_from,
    dob_to,
    bom: Type.Optional(
      Type.String({
        format: 'boolean',
        description:
          'True if the file should begin with a byte order mark, without which Excel does not read UTF-8. Only for CSV.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const exportResponse = {
  200: {
    description: 'The customers',
    headers: {
      'Content-Disposition': {
        type: 'string',
        required: true,
        description: 'A suggested file name.',
        examples: ['attachment; filename="customers.csv"'],
      },
    },
    content: {
      'text/csv': {
        schema: {
          type: 'string',
          description: 'CSV (RFC 4180) with a header line.',
          examples: [`${COLUMNS.join(',')}\r\n${COLUMNS.map((column) => EXAMPLE[column]).join(',')}\r\n`],
        },
      },
      'application/x-ndjson': {
        schema: {
          type: 'string',
          description: 'A JSON object per line.',
          examples: [`${JSON.stringify(EXAMPLE)}\n`],
        },
      },
    },
  },
};
