import t from 'tap';
import { booleanFormat, integerFormat } from '../../src/index.ts';

t.test('an integer of a query is digits alone, within its limits', (t) => {
  const { validate, message, published } = integerFormat({ minimum: 1, maximum: 100 });
  for (const text of ['1', '9', '10', '99', '100']) t.ok(validate(text), text);
  for (const text of [
    '',
    ' ',
    '0',
    '101',
    '-1',
    '+5',
    '05',
    '5.0',
    '1e1',
    '0x5',
    ' 5',
    '5 ',
    '5\n',
    '५',
    '1'.repeat(400),
  ]) {
    t.notOk(validate(text), JSON.stringify(text));
  }
  t.ok(integerFormat({ minimum: 0, maximum: 9 }).validate('0'));
  t.equal(message, 'must be an integer from 1 to 100, in digits without a leading zero');
  t.same(published, { type: 'integer', minimum: 1, maximum: 100 });
  t.end();
});

t.test('a boolean of a query is true or false, in lower case', (t) => {
  for (const text of ['true', 'false']) t.ok(booleanFormat.validate(text), text);
  for (const text of ['', '1', '0', 'yes', 'True', ' true', 'true '])
    t.notOk(booleanFormat.validate(text), text);
  t.same(booleanFormat.published, { type: 'boolean' });
  t.end();
});
