import { isWithin } from '@pair/test-kit';
import t from 'tap';
import { entityTag, expectedVersions } from '../../src/customers/entity-tag.ts';

t.test('an entity tag is strong', async (t) => {
  t.equal(entityTag(7), '"7"');
});

t.test('If-Match is a list of versions; without it, or with *, any version matches', async (t) => {
  const fields: [field: string | undefined, versions: string[] | null][] = [
    [undefined, null],
    ['*', null],
    [' * ', null],
    ['"1"', ['1']],
    [' "1" ', ['1']],
    ['"1", "2"', ['1', '2']],
    ['"1","2" ,\t"3"', ['1', '2', '3']],
    [',"1",,"2",', ['1', '2']],
    ['""', ['']],
    ['"a,b"', ['a,b']],
    ['"99999999999999999999"', ['99999999999999999999']],
    ['"\xe9"', ['\xe9']],
  ];
  for (const [field, versions] of fields) t.same(expectedVersions(field), versions, String(field));
});

t.test('a weak tag never matches If-Match', async (t) => {
  t.same(expectedVersions('W/"1"'), []);
  t.same(expectedVersions('W/"1", "2"'), ['2']);
});

t.test('an If-Match that is not a list of tags is 400', async (t) => {
  const fields = [
    '',
    ' ',
    ',',
    '1',
    '"1',
    '1"',
    '"1" "2"',
    '"1"x',
    'w/"1"',
    'W/1',
    'W/ "1"',
    '*, "1"',
    '"1", *',
    '**',
    "'1'",
    '"1";"2"',
    '"a b"',
    '"a\x7f"',
  ];
  for (const field of fields) {
    t.throws(
      () => expectedVersions(field),
      { statusCode: 400, errors: [{ pointer: '/if-match' }] },
      JSON.stringify(field),
    );
  }
});

t.test('a long header that is almost a list is refused quickly', async (t) => {
  const started = performance.now();
  for (const field of [
    `"1"${' ,'.repeat(8_000)}x`,
    `${'"1",'.repeat(4_000)}x`,
    ','.repeat(16_000),
    `"${'a'.repeat(16_000)}`,
  ]) {
    t.throws(() => expectedVersions(field));
  }
  t.ok(isWithin(performance.now() - started, 200));
});
