import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readProduct } from '../../src/oauth/authorize/product.ts';

const SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>\n';
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const read = (PRODUCT_LOGO: string) => readProduct({ PRODUCT_LOGO }).logo;

t.test('a logo is a file or a data URL, and its content decides the type', async (t) => {
  const svg = join(t.testdir(), 'logo');
  writeFileSync(svg, SVG);
  t.equal(read(svg), `data:image/svg+xml;base64,${base64(SVG)}`);
  t.equal(read(`data:image/svg+xml;base64,${base64(SVG)}`), `data:image/svg+xml;base64,${base64(SVG)}`);
  t.equal(read(`data:image/svg+xml;base64,${base64(PNG)}`), `data:image/png;base64,${base64(PNG)}`);
  t.equal(readProduct({}).logo, undefined);
});

t.test('a logo that a page cannot contain stops the start with one sentence', async (t) => {
  const folder = t.testdir({ text: 'not an image', large: SVG.replace('</', `${' '.repeat(32_768)}</`) });
  const refused: [string, string][] = [
    ['/no/such/file.svg', 'the file cannot be read (ENOENT)'],
    [folder, 'the file cannot be read (EISDIR)'],
    [join(folder, 'text'), 'the content is neither PNG nor SVG'],
    [join(folder, 'large'), `the image has ${SVG.length + 32_768} bytes, and at most 32768 are allowed`],
    [
      'data:image/gif;base64,R0lGODlh',
      'a data: URL must begin with data:image/png;base64, or data:image/svg+xml;base64,',
    ],
  ];
  for (const [logo, reason] of refused) {
    t.throws(() => read(logo), { name: 'OperatorError', message: `PRODUCT_LOGO cannot be used: ${reason}.` });
  }
});
