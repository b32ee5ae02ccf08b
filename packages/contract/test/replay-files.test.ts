import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@pair/bootstrap';
import t from 'tap';
import { REPLAY_FILES, replayFile, replayFiles } from '../src/replay/replay-files.ts';
import { exchangeOf } from '../src/replay/sequence-diagram.ts';
import { slugger } from '../src/replay/slugger.ts';

const files = await replayFiles();
const explained = files['explained.html'];
const ids = new Set([...explained.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));

t.test('the files agree with their sources: `npm run generate` changes nothing', async (t) => {
  for (const name of REPLAY_FILES) t.equal(readFileSync(replayFile(name), 'utf8'), files[name], name);
});

t.test('each section that the page links to is in the explanation', async (t) => {
  const sections = [...files['page.js'].matchAll(/(?:section: |var DPOP = )"([^"]+)"/g)].map(
    ([, section = '']) => section,
  );
  t.ok(sections.length > 20);
  for (const section of [...sections, 'tokens-and-secrets-that-can-be-replayed'])
    t.ok(ids.has(section), section);
});

t.test('each link of the explanation leads to the page itself or to the site', async (t) => {
  const links = [...explained.matchAll(/ href="([^"]+)"/g)].map(([, href = '']) => href);
  const inside = links.filter((href) => href.startsWith('#'));
  t.ok(inside.length > 5);
  for (const href of inside) t.ok(ids.has(href.slice(1)), href);
  for (const href of links) t.match(href, /^[#/]/);
});

t.test(
  'the explanation has each heading of the document, with the anchor that other documents use',
  async (t) => {
    const text = readFileSync(join(ROOT, 'docs/replay-protection.md'), 'utf8');
    const headings = text.match(/^#{1,4} .+$/gm) ?? [];
    t.equal(explained.match(/<h\d/g)?.length, headings.length);
    for (const file of ['README.md', 'docs/operations.md']) {
      const links = readFileSync(join(ROOT, file), 'utf8').matchAll(/replay-protection\.md#([\w-]+)/g);
      for (const [, anchor] of links) t.ok(ids.has(anchor), `${file}: ${anchor}`);
    }
  },
);

t.test('anchors are those of GitHub', async (t) => {
  const slugOf = slugger();
  t.equal(slugOf('A second tab, or a lost answer'), 'a-second-tab-or-a-lost-answer');
  t.equal(slugOf('The epoch: a Redis that lost its data'), 'the-epoch-a-redis-that-lost-its-data');
  t.equal(slugOf('`REDIS_URL` – OAuth 2.0'), 'redis_url--oauth-20');
  t.equal(slugOf('Rotation'), 'rotation');
  t.equal(slugOf('Rotation'), 'rotation-1');
});

t.test('a sequence diagram becomes a list of its messages', async (t) => {
  const html = exchangeOf(`sequenceDiagram
    participant C as client
    participant A as auth
    C->>A: POST, a < b
    alt right
        A-->>C: tokens
    else
        A--xC: 401
    end
    Note over C,A: later`);
  t.match(html, '<li><b>client → auth</b> POST, a &lt; b</li>');
  t.match(html, /If right:\n<ol>\n<li><b>auth → client<\/b> tokens<\/li>\n<\/ol><\/li>/);
  t.match(html, '<li><b>auth ⇸ client</b> 401</li>');
  t.match(html, '<li class="note"><b>client, auth</b> later</li>');
  t.throws(() => exchangeOf('sequenceDiagram\n  loop forever'), /unknown line/);
});
