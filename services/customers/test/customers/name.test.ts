import t from 'tap';
import { nameFormat, namePrefixFormat, normalizeName } from '../../src/customers/name.ts';

t.test('a name is stored in NFC and without white space around it', async (t) => {
  const names: [sent: string, kept: string][] = [
    ['Ann', 'Ann'],
    ['  Ann Lee\t', 'Ann Lee'],
    ['\u00a0\u2003Ann\u3000\n', 'Ann'],
    ['Zoe\u0308', 'Zo\u00eb'],
    ['\u212bngstr\u00f6m', '\u00c5ngstr\u00f6m'],
    ['a  b', 'a  b'],
    ['O\'Brien "Bob" \\ %s; --', 'O\'Brien "Bob" \\ %s; --'],
    ['🦊', '🦊'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
  ];
  for (const [sent, kept] of names) {
    t.equal(nameFormat.validate(sent), true, sent);
    t.equal(normalizeName(sent), kept);
    t.equal(normalizeName(kept), kept, 'a stored name stays the same');
  }
});

t.test('a stored name has 1 to 255 code points', async (t) => {
  for (const name of [
    'a',
    'a'.repeat(255),
    '🦊'.repeat(255),
    'e\u0301'.repeat(255),
    `${' '.repeat(300)}a${' '.repeat(300)}`,
  ]) {
    t.equal(nameFormat.validate(name), true, `${name.length} code units`);
  }
  for (const name of ['', ' ', '\t\n', '\u00a0', 'a'.repeat(256), '🦊'.repeat(256), 'e\u0301'.repeat(256)]) {
    t.equal(nameFormat.validate(name), false, `${name.length} code units`);
  }
});

t.test('control characters and halves of surrogate pairs are refused', async (t) => {
  for (const character of [
    '\0',
    '\x01',
    '\t',
    '\n',
    '\r',
    '\x1b',
    '\x7f',
    '\x85',
    '\x9f',
    '\ud800',
    '\udfff',
    '\ude00\ud83e',
  ]) {
    t.equal(nameFormat.validate(`a${character}b`), false, JSON.stringify(character));
  }
});

t.test('a name that is too long even for NFC is refused without NFC', async (t) => {
  // NFC composes each four code points into one, so this name is short enough
  t.equal(nameFormat.validate('\u03b1\u0313\u0300\u0345'.repeat(255)), true);
  const marks = `a${'\u0315'.repeat(600)}${'\u0316'.repeat(600)}`;
  const normalized = t.capture(String.prototype, 'normalize', String.prototype.normalize);
  for (const format of [nameFormat, namePrefixFormat]) t.equal(format.validate(marks), false);
  t.same(
    normalized(),
    [],
    'NFC does not run: it sorts marks in a time that grows with the square of their number',
  );
});
