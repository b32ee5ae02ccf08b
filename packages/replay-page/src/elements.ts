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

/** A link to a section of the explanation; `about` completes its name for screen readers. */
export function why(section: string, about: string): HTMLElement {
  const link = make('a', 'why', 'Why', make('span', 'visually-hidden', `: ${about}`)) as HTMLAnchorElement;
  link.href = `/replay/explained#${section}`;
  return link;
}

export function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
