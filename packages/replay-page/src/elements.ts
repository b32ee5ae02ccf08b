/** Returns an element of the page, which must exist. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element as T;
}

/** Creates an element with a class, and with texts or elements in it. */
export function make(name: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/**
 * A link to a section of the explanation; `about` completes its name for screen readers. It opens a new tab, because the tokens
 * end with the page.
 */
export function why(section: string, about: string): HTMLElement {
  const rest = make('span', 'visually-hidden', `: ${about} (opens a new tab)`);
  const link = make('a', 'why', 'Why', rest) as HTMLAnchorElement;
  link.href = `/replay/explained#${section}`;
  link.target = '_blank';
  return link;
}

export function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
