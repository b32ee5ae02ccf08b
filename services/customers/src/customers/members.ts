import type { StringFormat } from '@pair/service-kit';
import { dateOfBirthFormat } from './date-of-birth.ts';
import { nameFormat, normalizeName } from './name.ts';

/** A member of a customer that clients write: a text. */
interface Member {
  /** The rule for requests and imported files. */
  format: StringFormat;
  /** Returns the stored form of a valid text. Without this function, the text is stored as it is. */
  normalize?: (text: string) => string;
  /** True if the member may be null. Its column is nullable then, and a request may leave it out. */
  isOptional?: boolean;
  /** The description of the member in requests. */
  description: string;
  /** The schema of the member in answers, beside its type. */
  answer: { description: string; format?: string; minLength?: number; maxLength?: number };
  example: string;
}

/**
 * The members that clients write, in the order of files. Schemas, statements, imports, exports and examples follow from
 * them. Each is a column of db/schema.ts too.
 */
export const MEMBERS = {
  name: {
    format: nameFormat,
    normalize: normalizeName,
    description:
      'Stored in NFC and trimmed; it must then have 1 to 255 characters and no control characters. Names need not be unique.',
    answer: { minLength: 1, maxLength: 255, description: 'The name in NFC, 1 to 255 characters.' },
    example: 'Ada Lovelace',
  },
  dob: {
    format: dateOfBirthFormat,
    description: 'Date of birth, `YYYY-MM-DD`: an existing day, from year 0001, not in the future (UTC).',
    answer: { format: 'date', description: 'Date of birth, `YYYY-MM-DD`.' },
    example: '1815-12-10',
  },
} as const satisfies Record<string, Member>;

type Members = typeof MEMBERS;
export type MemberName = keyof Members;
type TextOf<M> = M extends { isOptional: true } ? string | null : string;
/** The stored members of a customer. */
export type CustomerFields = { [Name in MemberName]: TextOf<Members[Name]> };
type OptionalName = { [N in MemberName]: Members[N] extends { isOptional: true } ? N : never }[MemberName];
/** The members in a request that creates or replaces a customer. */
export type RequestedFields = Omit<CustomerFields, OptionalName> &
  Partial<Pick<CustomerFields, OptionalName>>;

export const MEMBER_NAMES = Object.keys(MEMBERS) as MemberName[];
export const REQUIRED_NAMES = MEMBER_NAMES.filter((name) => !memberOf(name).isOptional);

export function memberOf(name: MemberName): Member {
  return MEMBERS[name];
}

/** Makes an object with a value for each member. */
export function byMember<Value>(make: (name: MemberName) => Value): Record<MemberName, Value> {
  const made = {} as Record<MemberName, Value>;
  for (const name of MEMBER_NAMES) made[name] = make(name);
  return made;
}

/** Returns the stored form of the members of a valid request. A member that the request leaves out is null. */
export function storedFields(fields: RequestedFields): CustomerFields {
  return byMember((name) => storedText(name, fields[name]) ?? null) as CustomerFields;
}

/** Returns the stored form of the members of a valid patch. A member that the patch leaves out is undefined. */
export function storedChanges(changes: Partial<CustomerFields>): Partial<CustomerFields> {
  return byMember((name) => storedText(name, changes[name])) as Partial<CustomerFields>;
}

function storedText(name: MemberName, text: string | null | undefined): string | null | undefined {
  const { normalize } = memberOf(name);
  return typeof text === 'string' && normalize !== undefined ? normalize(text) : text;
}
