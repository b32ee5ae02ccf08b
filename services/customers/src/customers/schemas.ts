import { booleanFormat, integerFormat, MAX_HEADER_LENGTH } from '@pair/service-kit';
import { type TSchema, Type } from 'typebox';
import { calendarDateFormat } from './date-of-birth.ts';
import {
  byMember,
  type CustomerFields,
  type MemberName,
  memberOf,
  REQUIRED_NAMES,
  type RequestedFields,
} from './members.ts';
import { namePrefixFormat } from './name.ts';
import { SORT_KEYS } from './selection.ts';
import { timestampFormat } from './timestamp.ts';

/** The most customers in the answer to `n`, and on a page. */
const MAX_YOUNGEST = 1_000;
const MAX_PAGE = 100;

/** Rules of this service that JSON Schema cannot express, for `validatorCompiler`. */
export const formats = {
  ...byMember((name) => memberOf(name).format),
  'name-prefix': namePrefixFormat,
  'calendar-date': calendarDateFormat,
  timestamp: timestampFormat,
  youngest: integerFormat({ minimum: 1, maximum: MAX_YOUNGEST }),
  'page-size': integerFormat({ minimum: 1, maximum: MAX_PAGE }),
  boolean: booleanFormat,
};

const EXAMPLE_ID = '0199d3a5-7d4e-7c3b-9a52-0d1f6c1c7b10';
const EXAMPLE_UPDATED_AT = '2026-11-30T09:41:07.123Z';
/** The new customer of all examples in the document. */
export const NEW_EXAMPLE = byMember((name) => memberOf(name).example);
/** The customer of all examples in the document. */
export const EXAMPLE = { id: EXAMPLE_ID, ...NEW_EXAMPLE, updated_at: EXAMPLE_UPDATED_AT };

/** Types a schema as the type of its values, because TypeScript cannot derive it from a list of members. */
const typed = <Value>(schema: TSchema) => Type.Unsafe<Value>(schema);

function requestSchema(name: MemberName): TSchema {
  const { isOptional, description, example } = memberOf(name);
  const schema = { format: name, description, examples: [example] };
  return isOptional ? Type.Unsafe({ type: ['string', 'null'], ...schema }) : Type.String(schema);
}

function answerSchema(name: MemberName): TSchema {
  const { isOptional, answer, example } = memberOf(name);
  const schema = { ...answer, examples: [example] };
  return isOptional ? Type.Unsafe({ type: ['string', 'null'], ...schema }) : Type.String(schema);
}

/** The members of a new customer, in a request or a line of a file. */
export const newMembers = byMember((name) =>
  REQUIRED_NAMES.includes(name) ? requestSchema(name) : Type.Optional(requestSchema(name)),
);

export const NewCustomerSchema = typed<RequestedFields>(
  Type.Object(newMembers, { title: 'NewCustomer', additionalProperties: false, examples: [NEW_EXAMPLE] }),
);

export const CustomerPatchSchema = typed<Partial<CustomerFields>>(
  Type.Object(
    byMember((name) => Type.Optional(requestSchema(name))),
    {
      title: 'CustomerPatch',
      additionalProperties: false,
      examples: [{ name: NEW_EXAMPLE.name }],
      description:
        'A merge patch (RFC 7396). Members that you leave out stay the same. A required member cannot be removed, so null is refused for it. An empty patch changes nothing, not even `updated_at`.',
    },
  ),
);

export const CustomerSchema = Type.Object(
  {
    id: Type.String({
      format: 'uuid',
      description: 'A UUIDv7 from this service, or the id that you chose.',
      examples: [EXAMPLE_ID],
    }),
    ...byMember(answerSchema),
    updated_at: Type.String({
      format: 'date-time',
      description: 'The time of the last write, in UTC, by the clock of the database.',
      examples: [EXAMPLE_UPDATED_AT],
    }),
  },
  { title: 'Customer', examples: [EXAMPLE] },
);

export const CustomerListSchema = Type.Object(
  {
    items: Type.Array(CustomerSchema, {
      maxItems: MAX_YOUNGEST,
      description: 'The customers, in the order of the list.',
    }),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 4_096,
      description: 'The cursor of the next page; null on the last page, and always for the n youngest.',
    }),
  },
  { title: 'CustomerPage', examples: [{ items: [EXAMPLE], next_cursor: null }] },
);

const filterDate = (description: string) =>
  Type.Optional(Type.String({ format: 'calendar-date', description: `${description} \`YYYY-MM-DD\`.` }));

// Swagger UI fills in each parameter that has an example. None has: `n` would exclude the others
export const ListQuerySchema = Type.Object(
  {
    n: Type.Optional(
      Type.String({
        format: 'youngest',
        description:
          'The number of youngest customers, 1 to 1000, such as `5`. The other parameters are for pages: send `n` alone.',
      }),
    ),
    limit: Type.Optional(
      Type.String({
        format: 'page-size',
        description: 'The number of customers on a page, 1 to 100; default 20.',
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: 4_096,
        description: 'The `next_cursor` of a page with the same sort and filters.',
      }),
    ),
    sort: Type.Optional(
      Type.String({
        enum: SORT_KEYS.flatMap((key) => [key, `-${key}`]),
        description:
          'The member to sort by, with `-` for descending; default `-dob`. The case of names makes no difference. Ties are ordered by `id`.',
      }),
    ),
    name: Type.Optional(
      Type.String({
        format: 'name-prefix',
        description: 'The beginning of names, in any case, such as `ada`; up to 255 characters in NFC.',
      }),
    ),
    dob_from: filterDate('The earliest date of birth,'),
    dob_to: filterDate('The latest date of birth,'),
  },
  { additionalProperties: false },
);

export const CustomerParamsSchema = Type.Object({
  id: Type.String({ format: 'uuid', description: 'The id of the customer.', examples: [EXAMPLE_ID] }),
});

export const WritePreconditionSchema = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description:
        'Write only if this ETag, such as `"1"`, is the current one (RFC 9110 §13.1.1); otherwise you get 412. Without this header the last write wins.',
    }),
  ),
  'if-none-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description:
        'Write only if this ETag is not the current one, or with `*` only if there is no such customer (RFC 9110 §13.1.2); otherwise you get 412.',
    }),
  ),
});

export const IfNoneMatchSchema = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description: 'You get 304 if this ETag, such as `"1"`, is the current one (RFC 9110 §13.1.2).',
    }),
  ),
});

const headers = {
  ETag: {
    type: 'string',
    required: true,
    description: 'A strong entity tag, which changes with every write. Send it in If-Match or If-None-Match.',
    examples: ['"1"'],
  },
};

/** The answer with a customer, and the entity tag in a header. */
export const customerResponse = {
  200: {
    description: 'The customer',
    headers,
    content: { 'application/json': { schema: CustomerSchema } },
  },
};

/** Typed as an object, not by the schema: the handler sends text, so that a retry gets the same bytes. */
export const createdResponse: Record<number, object> = {
  201: {
    description: 'The new customer',
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

/** Typed as an object, not by the schema: the handler sends text, which equal requests share. */
export const listResponse: Record<number, object> = {
  200: {
    description: 'The customers in the requested order; ties are ordered by `id`, in the same direction',
    headers: {
      Link: {
        type: 'string',
        description: 'A link to the next page, `rel="next"` (RFC 8288). The last page has none.',
        examples: ['</customers?sort=name&limit=20&cursor=…>; rel="next"'],
      },
    },
    content: { 'application/json': { schema: CustomerListSchema } },
  },
};

export const notModifiedResponse = {
  304: { type: 'null', description: 'The ETag in If-None-Match is the current one' },
};

export const deletedResponse = { 204: { type: 'null', description: 'The customer is deleted' } };
