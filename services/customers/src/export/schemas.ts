import { Type } from 'typebox';
import { EXAMPLE, ListQuerySchema } from '../customers/schemas.ts';

const { sort, name, dob_from, dob_to } = ListQuerySchema.properties;
export const ExportQuerySchema = Type.Object(
  {
    sort,
    name,
    dob_from,
    dob_to,
    bom: Type.Optional(
      Type.String({
        enum: ['true', 'false'],
        description: '`true`: CSV begins with a byte order mark, by which Excel knows UTF-8. For CSV alone.',
      }),
    ),
  },
  { additionalProperties: false },
);

const { id: EXAMPLE_ID, name: EXAMPLE_NAME, dob: EXAMPLE_DOB, updated_at: EXAMPLE_UPDATED_AT } = EXAMPLE;

export const exportResponse = {
  200: {
    description: 'The customers',
    headers: {
      'Content-Disposition': {
        type: 'string',
        required: true,
        description: 'A name for the file.',
        examples: ['attachment; filename="customers.csv"'],
      },
    },
    content: {
      'text/csv': {
        schema: {
          type: 'string',
          description: 'RFC 4180, with a header.',
          examples: [
            `id,name,dob,updated_at\r\n${EXAMPLE_ID},${EXAMPLE_NAME},${EXAMPLE_DOB},${EXAMPLE_UPDATED_AT}\r\n`,
          ],
        },
      },
      'application/x-ndjson': {
        schema: {
          type: 'string',
          description: 'A customer a line.',
          examples: [`${JSON.stringify(EXAMPLE)}\n`],
        },
      },
    },
  },
};
