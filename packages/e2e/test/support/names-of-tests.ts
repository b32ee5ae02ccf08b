/** The names in the calls of `t.test` in a source, where `${…}` stands for any text. */
export function namesOfTests(source: string): RegExp[] {
  const calls = /\btest\(\s*(['"`])((?:\\.|(?!\1).)+)\1/gs;
  return [...source.matchAll(calls)].map(([, , literal = '']) => {
    const parts = literal.replaceAll('\\', '').split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]]/g, '\\$&')).join('.+')}$`);
  });
}
