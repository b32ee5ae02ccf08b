import t from 'tap';
import { escaped } from './support/bad-input.ts';
import { customersDatabase } from './support/database.ts';
import { customersProcess, ready } from './support/service.ts';

const { url: databaseUrl, client } = await customersDatabase(t);
const { app, send } = await customersProcess(t, { databaseUrl });
await ready(app);

interface Customer {
  id: string;
  name: string;
}

const NAMES: [description: string, sent: string, stored?: string][] = [
  ['marks of the writing direction', 'a\u200e\u200f\u202a\u202b\u202c\u202d\u202eb\u2066\u2067\u2068\u2069'],
  ['right to left', 'שָׁלוֹם עליכם', 'שָׁלוֹם עליכם'.normalize('NFC')],
  ['joiners', 'می\u200cخواهم 👩\u200d👩\u200d👧\u200d👦'],
  ['invisible characters', '\u200b\u2060\u00ad\u034f\u180e\ufe0f'],
  ['tags', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
  ['a byte order mark in the middle', 'a\ufeffb'],
  ['line separators in the middle', 'a\u2028b\u2029c'],
  ['private use characters', '\ue000\uf8ff\u{f0000}\u{10fffd}'],
  ['noncharacters', 'a\ufdd0\ufdef\ufffe\uffff\u{1fffe}\u{1ffff}\u{10fffe}\u{10ffff}b'],
  ['the last code point', 'zz\u{10ffff}'],
  ['unassigned code points', '\u0378\u0380\u{2fe0}\u{e0fff}'],
  ['the replacement character', 'a\ufffdb'],
  ['letters of four bytes', '𐐔𐐨𐐚 🦊 𠮷野家 𝔄𝔫𝔫'],
  ['the neighbours of the surrogates', '\ud7ff\ue000\uffff\u{10000}'],
  ['combining accents', 'Zoe\u0308 A\u030angstro\u0308m', 'Zo\u00eb \u00c5ngstr\u00f6m'],
  ['accents in another order', 'a\u0323\u0302 a\u0302\u0323', '\u1ead \u1ead'],
  [
    'many accents',
    `Z${'\u0351\u036b\u0343'.repeat(60)}`,
    `Z${'\u0351\u036b\u0343'.repeat(60)}`.normalize('NFC'),
  ],
  ['syllables in parts', '\u1112\u1161\u11ab\u1100\u1173\u11af', '한글'],
  [
    'letters that NFC replaces',
    '\u212b\u2126\u212a \u0958 \ufb2c',
    '\u00c5\u03a9K \u0915\u093c \u05e9\u05bc\u05c1',
  ],
  ['compatibility letters, which NFC keeps', 'ﬁ ① ﾊ ｱ ² ㎏'],
  ['white space around', '\ufeff\u00a0\u2003 Ann\u3000\n\ufeff', 'Ann'],
  ['delimiters of other languages', '\'"\\`;--/*<!--%s%n\u2019{{1}}&amp;\\u0041'],
  ['255 of one byte', 'a'.repeat(255)],
  ['255 of two bytes', 'é'.repeat(255)],
  ['255 of three bytes', '龍'.repeat(255)],
  ['255 of four bytes', '🦊'.repeat(255)],
  ['255 in NFC, twice as many before', 'e\u0301'.repeat(255), 'é'.repeat(255)],
  ['255 in NFC, three times as many before', '\u1100\u1161\u11a8'.repeat(255), '각'.repeat(255)],
  ['255 in NFC, a third as many before', '\ufb2c'.repeat(85), '\u05e9\u05bc\u05c1'.repeat(85)],
  ['254 in NFC, half as many before', '\u0958'.repeat(127), '\u0915\u093c'.repeat(127)],
];

const json = (name: string) => JSON.stringify({ name, dob: '1960-05-25' });

const created = new Map<string, string>();
for (const [description, sent, kept = sent] of NAMES) {
  const response = await send('POST', '/customers', { body: json(sent) });
  if (response.statusCode !== 201) throw new Error(`${description}: ${response.body}`);
  const { id } = response.json<Customer>();
  created.set(id, kept);
}

async function walk(query: Record<string, string>): Promise<Customer[]> {
  const items: Customer[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const parameters = new URLSearchParams({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    const response = await send('GET', `/customers?${parameters}`);
    if (response.statusCode !== 200) throw new Error(response.body);
    const page = response.json<{ items: Customer[]; next_cursor: string | null }>();
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return items;
}

const bytes = (text: string) => Buffer.from(text).toString('hex');

t.test('a name without control characters is returned byte for byte as it is stored', async (t) => {
  const { rows } = await client.query(
    `SELECT id, encode(convert_to(name, 'UTF8'), 'hex') AS bytes, char_length(name) AS length FROM customers`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [id, kept] of created) {
    const response = await send('GET', `/customers/${id}`);
    t.equal(bytes(response.json().name), bytes(kept), escaped(kept).slice(0, 60));
    t.ok(response.rawPayload.includes(JSON.stringify(kept)), 'without escapes');
    t.match(byId.get(id), { bytes: bytes(kept), length: [...kept].length });
  }
});

t.test('a name is the same with JSON escapes, after a byte order mark, by PUT and by PATCH', async (t) => {
  const id = [...created.keys()][0];
  for (const [description, sent, kept = sent] of NAMES) {
    for (const body of [escaped({ name: sent, dob: '1960-05-25' }), `\ufeff${json(sent)}`]) {
      for (const method of ['PUT', 'PATCH'] as const) {
        const { statusCode, ...response } = await send(method, `/customers/${id}`, { body });
        t.equal(statusCode, 200, `${method} ${description}`);
        t.equal(bytes(response.json().name), bytes(kept));
      }
    }
  }
  const [first] = NAMES;
  await send('PUT', `/customers/${id}`, { body: json(first?.[1] ?? '') });
});

t.test('each list returns each stored name once, in every order', async (t) => {
  const { items } = (await send('GET', '/customers?n=1000')).json<{ items: Customer[] }>();
  const sorts = ['name', '-name', 'dob', '-updated_at'];
  const lists = [items, ...(await Promise.all(sorts.map((sort) => walk({ sort, limit: '1' }))))];
  for (const list of lists) {
    t.same(new Map(list.map(({ id, name }) => [id, name])), created);
    t.equal(list.length, created.size, 'each name once');
  }
});

t.test('a name is found by itself and by its prefixes', async (t) => {
  const found = async (id: string, name: string) =>
    (await walk({ name, limit: '100' })).some((customer) => customer.id === id);
  for (const [id, kept] of created) {
    const characters = [...kept];
    const ends = new Set([1, 2, Math.ceil(characters.length / 2), characters.length - 1, characters.length]);
    for (const end of [...ends].filter((end) => end > 0)) {
      const prefix = characters.slice(0, end).join('');
      t.ok(await found(id, prefix), escaped(prefix).slice(0, 60));
      t.ok(await found(id, prefix.normalize('NFD')), 'spelled with combining accents');
    }
    t.notOk(await found(id, `${kept.slice(0, 100)}!`), 'not by another prefix');
  }
});

t.test(
  'a name is found in any case, also letters with accents, of other scripts and of four bytes',
  async (t) => {
    const names: [name: string, prefixes: string[]][] = [
      ['Zoë Ørsted', ['zo%C3%8B', 'ZO%c3%ab', 'zoe%CC%88', 'ZOE%CC%88 ørs', 'Zoë Ø']],
      ['ÅNGSTRÖM', ['ångström', 'A%CC%8Angstr', '%E2%84%ABngs']],
      ['Nguyễn Ái', ['NGUYỄN ÁI', 'nguye%CC%82%CC%83n']],
      ['Łódź', ['łÓDŹ', 'ŁÓdź']],
      ['Александр', ['АЛЕКСАНДР', 'алекс']],
      ['Ελένη', ['ΕΛΈΝΗ', 'ελε%CC%81νη']],
      ['Ǆordan', ['ǆor', 'ǄOR']],
      ['𐐔𐐯𐑅', ['𐐼𐐯𐑅', '𐐔𐐇𐐝']],
    ];
    for (const [name, prefixes] of names) {
      const { id } = (await send('POST', '/customers', { body: json(name) })).json<Customer>();
      for (const prefix of prefixes) {
        const query = prefix.replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);
        const { items } = (await send('GET', `/customers?name=${query}`)).json<{ items: Customer[] }>();
        t.same(
          items.filter((customer) => customer.id === id).map((customer) => customer.name),
          [name],
          `${escaped(prefix)} finds ${escaped(name)}`,
        );
      }
    }
  },
);
