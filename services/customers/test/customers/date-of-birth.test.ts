import t from 'tap';
import { dateOfBirthFormat, isDateOfBirth } from '../../src/customers/date-of-birth.ts';

const TODAY = '2026-11-30';

t.test('an existing day from year 1 until today is a date of birth', async (t) => {
  for (const dob of [
    '0001-01-01',
    '0004-02-29',
    '0099-12-31',
    '1582-10-10',
    '1900-02-28',
    '1960-05-25',
    '2000-02-29',
    '2024-02-29',
    '2026-11-29',
    TODAY,
  ]) {
    t.equal(isDateOfBirth(dob, TODAY), true, dob);
  }
});

t.test('a day that does not exist or is in the future, and any other spelling, is not', async (t) => {
  const days = [
    '2026-12-01',
    '2027-01-01',
    '9999-12-31',
    '0000-01-01',
    '1900-02-29',
    '2023-02-29',
    '2100-02-29',
    '2023-02-30',
    '2023-04-31',
    '2023-13-01',
    '2023-00-10',
    '2023-01-00',
    '2023-01-32',
    '-001-01-01',
    '+002023-01-01',
    '12023-01-01',
    '23-01-01',
    '2023-1-1',
    '2023-01',
    '20230101',
    '2023/01/01',
    '01-01-2023',
    '2023-01-01T00:00:00Z',
    '2023-01-01 ',
    ' 2023-01-01',
    '2023-01-01\n',
    '２０２３-01-01',
    '2023-W01-1',
    '2023-001',
    '0001-01-01 BC',
    'infinity',
    'today',
    '',
  ];
  for (const dob of days) t.equal(isDateOfBirth(dob, TODAY), false, JSON.stringify(dob));
});

t.test('today is the day in UTC', async (t) => {
  const today = new Date().toISOString().slice(0, 10);
  t.equal(dateOfBirthFormat.validate(today), true);
  const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  t.equal(dateOfBirthFormat.validate(inTwoDays), false);
});
