import type { StringFormat } from '@pair/service-kit';

/** True if the text is `YYYY-MM-DD` and the day exists, from year 1. */
export function isCalendarDate(text: string): boolean {
  if (!/^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  // Date.parse refuses a day that does not exist, or shifts it to the next month; in UTC, because zones differ in the day
  return new Date(`${text}T00:00:00Z`).getUTCDate() === Number(text.slice(8));
}

/** True if the text is a calendar date that is not after `today`, which is `YYYY-MM-DD` too. */
export function isDateOfBirth(text: string, today: string): boolean {
  return isCalendarDate(text) && text <= today;
}

/** The format of filters, which accept days in the future too. */
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
