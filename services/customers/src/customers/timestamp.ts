import type { StringFormat } from '@pair/service-kit';

const TIMESTAMP = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** True of an instant as `updated_at` is written: RFC 3339 in UTC with milliseconds, when there is such a day. */
export function isTimestamp(text: string): boolean {
  if (!TIMESTAMP.test(text)) return false;
  const instant = Date.parse(text);
  return !Number.isNaN(instant) && new Date(instant).toISOString() === text;
}

export const timestampFormat: StringFormat = {
  validate: isTimestamp,
  message: 'must be an instant such as 2026-11-30T09:41:07.123Z',
  published: { format: 'date-time' },
};
