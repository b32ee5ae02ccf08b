import type { StringFormat } from '@pair/service-kit';

const TIMESTAMP = /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** True if the text has the form of `updated_at`, RFC 3339 in UTC with milliseconds, and the instant exists. */
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
