import { MAX_HEADER_LENGTH } from '@pair/service-kit';
import { Type } from 'typebox';
import { calendarDateFormat, dateOfBirthFormat } from './date-of-birth.ts';
import { nameFormat, namePrefixFormat } from './name.ts';
import { timestampFormat } from './timestamp.ts';

/** For `validatorCompiler`: rules of this service that JSON Schema has no word for. */
export const formats = {
  name: nameFormat,
  'name-prefix': namePrefixFormat,
  'date-of-birth': dateOfBirthFormat,
  'calendar-date': calendarDateFormat,
  timestamp: timestampFormat,
};

const EXAMPLE_ID = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10';
const EXAMPLE_NAME = 'Ada Lovelace';
const EXAMPLE_DOB = '1815-12-10';
const EXAMPLE_UPDATED_AT = '2026-11-30T09:41:07.123Z';
/** As every answer of the document has it. */
export const EXAMPLE = {
  id: EXAMPLE_ID,
  name: EXAMPLE_NAME,
  dob: EXAMPLE_DOB,
  updated_at: EXAMPLE_UPDATED_AT,
};

const name = Type.String({
  format: 'name',
  description:
    'Kept in NFC and trimmed; then 1 to 255 characters, none of them a control character. Not unique.',
  examples: [EXAMPLE_NAME],
});
const dob = Type.String({
  format: 'date-of-birth',
  description: 'Date of birth, `YYYY-MM-DD`: a day that exists, from year 0001, not in the future (UTC).',
  examples: [EXAMPLE_DOB],
});

export const NewCustomerSchema = Type.Object(
  { name, dob },
  { title: 'NewCustomer', additionalProperties: false, examples: [{ name: EXAMPLE_NAME, dob: EXAMPLE_DOB }] },
);

export const CustomerPatchSchema = Type.Object(
  { name: Type.Optional(name), dob: Type.Optional(dob) },
  {
    title: 'CustomerPatch',
    additionalProperties: false,
    examples: [{ name: EXAMPLE_NAME }],
    description:
      'RFC 7396. Members that are left out stay as they are; none can be removed, so null is refused. An empty patch changes nothing, `updated_at` included.',
  },
);

export const CustomerSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'UUIDv7, made here.', examples: [EXAMPLE_ID] }),
    name: Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'In NFC, 1 to 255 characters.',
      examples: [EXAMPLE_NAME],
    }),
    dob: Type.String({
      format: 'date',
      description: 'Date of birth, `YYYY-MM-DD`.',
      examples: [EXAMPLE_DOB],
    }),
    updated_at: Type.String({
      format: 'date-time',
      description: 'When it was last written, UTC, set by the database.',
      examples: [EXAMPLE_UPDATED_AT],
    }),
  },
  { title: 'Customer', examples: [EXAMPLE] },
);

export const CustomerListSchema = Type.Object(
  {
    items: Type.Array(CustomerSchema, { description: 'As many as were asked for, or all there are.' }),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 4_096,
      description: 'For the next page; null on the last, and always for the n youngest.',
    }),
  },
  { title: 'CustomerPage', examples: [{ items: [EXAMPLE], next_cursor: null }] },
);

const filterDate = (description: string) =>
  Type.Optional(Type.String({ format: 'calendar-date', description: `${description} YYYY-MM-DD.` }));

// Swagger UI fills in what has an example: a form that is sent as it is must be one that can be answered
export const ListQuerySchema = Type.Object(
  {
    n: Type.Optional(
      Type.String({
        pattern: '^([1-9][0-9]{0,2}|1000)$',
        description: 'The n youngest: 1 to 1000. Alone; all else is for pages.',
        examples: ['5'],
      }),
    ),
    limit: Type.Optional(
      Type.String({
        pattern: '^(?:[1-9][0-9]?|100)$',
        description: 'Customers on a page: 1 to 100, default 20.',
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: 4_096,
        description: '`next_cursor` of a page with the same sort and filters.',
      }),
    ),
    sort: Type.Optional(
      Type.String({
        enum: ['dob', '-dob', 'name', '-name', 'updated_at', '-updated_at'],
        description:
          'By which member, `-` for descending; default `-dob`. Names in any case alike, then by id.',
      }),
    ),
    name: Type.Optional(
      Type.String({
        format: 'name-prefix',
        description: 'Names that begin so, in any case, such as `ada`; up to 255 characters in NFC.',
      }),
    ),
    dob_from: filterDate('Born then or later.'),
    dob_to: filterDate('Born then or earlier.'),
  },
  { additionalProperties: false },
);

export const CustomerParamsSchema = Type.Object({
  id: Type.String({ format: 'uuid', description: 'Of the customer.', examples: [EXAMPLE_ID] }),
});

export const WritePreconditionSchema = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description:
        'Write only while this, such as `"1"`, is the current version (RFC 9110 §13.1.1); else 412. Without it the last write wins.',
    }),
  ),
  'if-none-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description:
        'Write only while this is not the current version; `*`: only if there is no such customer (RFC 9110 §13.1.2). Else 412.',
    }),
  ),
});

export const IfNoneMatchSchema = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description: '304 if this, such as `"1"`, is the current version (RFC 9110 §13.1.2).',
    }),
  ),
});

const headers = {
  ETag: {
    type: 'string',
    required: true,
    description: 'Strong; changes with every write. For If-Match and If-None-Match.',
    examples: ['"1"'],
  },
};

/** A customer as an answer, with the entity tag in its header. */
export const customerResponse = {
  200: {
    description: 'The customer',
    headers,
    content: { 'application/json': { schema: CustomerSchema } },
  },
};

/** Sent as text, so that a retry gets the same bytes: its type is not the schema's. */
export const createdResponse: Record<number, object> = {
  201: {
    description: 'The customer that was made',
    headers: {
      ...headers,
      Location: {
        type: 'string',
        required: true,
        description: 'The path of the new customer.',
        examples: [`/customers/${EXAMPLE_ID}`],
      },
    },
    content: { 'application/json': { schema: CustomerSchema } },
  },
};

export const listResponse = {
  200: {
    description:
      'Customers in the order that was asked for; rows that are equal in it, by `id` in the same direction',
    headers: {
      Link: {
        type: 'string',
        description: 'RFC 8288, `rel="next"`; unless it is the last page.',
        examples: ['</customers?sort=name&limit=20&cursor=…>; rel="next"'],
      },
    },
    content: { 'application/json': { schema: CustomerListSchema } },
  },
};

export const notModifiedResponse = {
  304: { type: 'null', description: 'The version that If-None-Match names is the current one' },
};

export const deletedResponse = { 204: { type: 'null', description: 'It is gone' } };
