import type { StringFormat } from '@pair/service-kit';

/** True of `YYYY-MM-DD` when there is such a day, from year 1. */
export function isCalendarDate(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  // a day that does not exist is refused, or becomes another one; UTC, so that no time zone takes part
  const instant = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(instant) && isoDate(instant) === text;
}

/** The same, when it is not after `today`, of the same form. */
export function isDateOfBirth(text: string, today: string): boolean {
  return isCalendarDate(text) && text <= today;
}

/** For filters, which may ask for any day. */
export const calendarDateFormat: StringFormat = {
  validate: isCalendarDate,
  message: 'must be a date YYYY-MM-DD that exists',
  published: { format: 'date' },
};

export const dateOfBirthFormat: StringFormat = {
  validate: (text) => isDateOfBirth(text, isoDate(Date.now())),
  message: 'must be a date YYYY-MM-DD that exists and is not in the future',
  published: { format: 'date' },
};

function isoDate(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
