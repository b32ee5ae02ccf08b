import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { t } from 'tap';
import { ROOT } from '../src/workspace.mjs';

/** Phrases that hide who acts, each with the words to write instead: see .github/CONTRIBUTING.md. */
const BANNED: [phrase: RegExp, instead: string][] = [
  [/\bwho(?:m|so)?ever\b/gi, 'name the role: the caller, the client, the user, the operator'],
  [/\b(?:some|any|no|every)body\b/gi, 'name the party: a user, an attacker, no client, all callers'],
  [/\b(?:some|any|every)one\b(?! of)/gi, 'name the party: another user, any client, all callers'],
  [/\b(?:tells?|told|telling)\b/gi, 'says, reports, returns; to tell apart is to distinguish'],
  [/\banew\b/gi, 'again, or new'],
  [/\b(?:be|is|are|was|were) had\b/gi, 'available, allowed, obtained'],
  [/\boneself\b|\bone['’]s\b/gi, 'your, in a text of the API; elsewhere name the owner'],
  [/\bas far as\b/gi, 'state the condition: where, if, to the extent that'],
  [/\bof ours\b/gi, 'our, or name the owner: a fault of the server'],
  [/(?<=^\W*|[.:] )(?:That|Those) (?:of|that|who|which)\b/gm, 'repeat the noun'],
  // a comment or a sentence, up to its end: it goes on in the next line of a comment or of prose
  [
    /(?<=^\W*|[.:] |['"`>])(?:What|Who|Whose|Whom|Which)\b(?:(?!\*\/)[^.?!\n]|\n(?=\s*(?:\*(?!\/)|\/\/|--|[a-z])))*[.?!]?/gm,
    'begin with a noun: Settings of …, The owner of …',
  ],
];

const IS_TEXT =
  /\.(?:m?ts|mjs|js|lua|sql|md|conf|html|ya?ml|sh)$|\/openapi\/\w+\.json$|Dockerfile$|^\.ci\/run$/;
const IS_NOT_PROSE = /^pnpm-lock\.yaml$|\/generated\/|\/fixtures\/|\/test\/data\/|\/plain-words\.test\.ts$/;

t.test('every text is in plain words', async (t) => {
  const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
  t.strictSame(files.filter((file) => IS_TEXT.test(file) && !IS_NOT_PROSE.test(file)).flatMap(faults), []);
});

function faults(file: string): string[] {
  // ~~struck through~~ is an example of what not to write
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/~~[^~\n]*~~/g, '');
  return BANNED.flatMap(([phrase, instead]) =>
    [...text.matchAll(phrase)]
      .filter(([words]) => !words.endsWith('?'))
      .map(({ 0: words, index }) => {
        const line = text.slice(0, index).split('\n').length;
        return `${file}:${line}: "${words.split('\n')[0]}": ${instead}`;
      }),
  );
}
