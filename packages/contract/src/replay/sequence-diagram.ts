/** The lines of a sequence diagram that docs/replay-protection.md uses, each with its HTML. */
const LINES: [pattern: RegExp, html: (parts: string[], nameOf: (id: string) => string) => string][] = [
  [/^participant (\w+) as (.+)$/, () => ''],
  [
    /^(\w+)--?(>>|x) *(\w+): (.+)$/,
    ([from = '', arrow, to = '', text = ''], nameOf) =>
      `<li><b>${nameOf(from)} ${arrow === 'x' ? '⇸' : '→'} ${nameOf(to)}</b> ${escaped(text)}</li>\n`,
  ],
  [
    /^Note over ([\w,]+): (.+)$/,
    ([over = '', text = ''], nameOf) =>
      `<li class="note"><b>${over.split(',').map(nameOf).join(', ')}</b> ${escaped(text)}</li>\n`,
  ],
  [/^alt (.+)$/, ([text = '']) => `<li class="case">If ${escaped(text)}:\n<ol>\n`],
  [
    /^else(?: (.+))?$/,
    ([text]) => `</ol></li>\n<li class="case">Otherwise${text ? `, ${escaped(text)}` : ''}:\n<ol>\n`,
  ],
  [/^end$/, () => '</ol></li>\n'],
];

/**
 * Renders a sequence diagram of Mermaid as a list of its messages: text works at any width, and for every reader.
 *
 * @throws Error for a line that is not known
 */
export function exchangeOf(mermaid: string): string {
  const [kind, ...lines] = mermaid.split('\n').map((line) => line.trim());
  if (kind !== 'sequenceDiagram') throw new Error(`no sequence diagram: ${kind}`);
  const names = new Map(
    [...mermaid.matchAll(/participant (\w+) as (.+)/g)].map(([, id = '', name = '']) => [id, name]),
  );
  const items = lines.map((line) => {
    for (const [pattern, html] of LINES) {
      const parts = pattern.exec(line);
      if (parts !== null) return html(parts.slice(1), (id) => escaped(names.get(id) ?? id));
    }
    throw new Error(`unknown line of a sequence diagram: ${line}`);
  });
  return `<ol class="exchange">\n${items.join('')}</ol>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
