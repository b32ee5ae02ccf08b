import { Marked } from 'marked';
import { exchangeOf } from './sequence-diagram.ts';
import { slugger } from './slugger.ts';

/** Links to other documents, in brackets: they would lead nowhere, because only this document is served. */
const ASIDES = /\s*\((?:\[[^\]]*\]\((?!#)[^)]*\)(?:,\s*)?)+\)/g;

/** Renders docs/replay-protection.md as a page, with the anchors of GitHub. */
export function explanationOf(markdown: string): string {
  const slugOf = slugger();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const content = this.parser.parseInline(tokens);
        return `<h${depth} id="${slugOf(text)}">${content}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const content = this.parser.parseInline(tokens);
        return href.startsWith('#') ? `<a href="${href}">${content}</a>` : content;
      },
      code({ text, lang }) {
        return lang === 'mermaid' ? exchangeOf(text) : false;
      },
    },
  });
  return page(`${marked.parse(markdown.replaceAll(ASIDES, ''))}`);
}

function page(content: string): string {
  return `<!doctype html>
<!-- Generated from docs/replay-protection.md by \`npm run generate\`. -->
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Replay protection</title>
  <link rel="icon" href="/favicon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
  <link rel="stylesheet" href="/replay.css">
</head>
<body class="replay explained">
<header>
<p class="name"><a href="/"><img src="/favicon.svg" alt="" width="32" height="32">Customers and auth</a></p>
<p><a href="/replay">Try it: a stolen token, from both sides</a></p>
</header>
<main>
${content}</main>
</body>
</html>
`;
}
