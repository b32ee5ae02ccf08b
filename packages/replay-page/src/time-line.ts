import { byId, make, seconds, why } from './elements.ts';
import type { Carried, Exchange, Party } from './exchange.ts';
import type { Ledger, Verdict } from './ledger.ts';
import { meaningOf } from './meanings.ts';

const MAX_ENTRIES = 60;
const NAMES: Record<Party, string> = { owner: 'Owner', thief: 'Thief' };

/** The entries of the page, the newest first. */
export interface TimeLine {
  add(exchange: Exchange, verdict: Verdict): void;
  /** Adds the theft, which is no request. */
  addTheft(tokens: Required<Carried>): void;
  /** Adds the end of the session, which each party then notices. */
  addEnd(): void;
  addNotice(party: Party, afterMs: number): void;
}

export function createTimeLine({ nameOf }: Ledger): TimeLine {
  const list = byId('time-line');
  let end: HTMLElement | undefined;

  const prepend = (entry: HTMLElement) => {
    list.prepend(entry);
    list.children[MAX_ENTRIES]?.remove();
    byId('nothing-yet').hidden = true;
  };
  const chips = (verb: string, { access, refresh }: Carried) => {
    const names = [access && nameOf('access', access), refresh && nameOf('refresh', refresh)].filter(
      (name) => name,
    );
    return names.length === 0
      ? []
      : [make('span', '', `${verb} `, ...names.map((name) => chip(name as string)))];
  };

  return {
    add(exchange, verdict) {
      const { party, method, path, status, code, detail, sent, got, scheme, hasProof, at } = exchange;
      const { text, section } = meaningOf(verdict, exchange);
      const answer = [status === 0 ? 'no answer' : `${status}`, code ?? ''].join(' ').trim();
      const proof = hasProof ? [make('span', '', chip(`proof, key of the ${party}`))] : [];
      const request = `${method} ${path}`;
      const entry = make(
        'li',
        `${party} ${status >= 200 && status < 300 ? 'granted' : 'denied'}`,
        make(
          'p',
          'asked',
          make('span', 'who', NAMES[party]),
          ' ',
          make('code', '', request),
          ' ',
          make('b', 'answer', answer),
          make('span', 'at', `${seconds(at)} s`),
        ),
        make('p', 'carried', ...chips(scheme ? `${scheme}` : 'sent', sent), ...proof, ...chips('got', got)),
        make('p', 'meaning', `${text} `, ...(section ? [why(section, text)] : [])),
      );
      if (detail !== undefined) entry.append(make('p', 'detail', `“${detail}”`));
      prepend(entry);
      byId(`${party}-last`).textContent = `${request}: ${answer}. ${text}`;
      announce(`${NAMES[party]}: ${request}: ${answer}. ${text}`);
    },
    addTheft({ access, refresh }) {
      const text = 'The thief copies both tokens. That is no request, so no server can notice it.';
      const names = [chip(nameOf('access', access)), chip(nameOf('refresh', refresh))];
      prepend(
        make(
          'li',
          'thief theft',
          make('p', 'asked', make('span', 'who', 'Thief'), ' copies the tokens'),
          make('p', 'carried', make('span', '', 'got ', ...names)),
          make('p', 'meaning', `${text} `, why('tokens-and-secrets-that-can-be-replayed', text)),
        ),
      );
      announce(text);
    },
    addEnd() {
      end = make('li', 'end', make('p', '', make('b', '', 'The session is over.')));
      prepend(end);
    },
    addNotice(party, afterMs) {
      const text = `The ${party} noticed it after ${seconds(afterMs)} s.`;
      end?.firstElementChild?.append(` ${text}`);
      announce(`The session is over. ${text}`);
    },
  };
}

function chip(name: string): HTMLElement {
  return make('span', 'token', name);
}

/** Speaks through the live region of the page. */
export function announce(text: string): void {
  byId('announcement').append(make('p', '', text));
  const region = byId('announcement');
  if (region.childElementCount > 3) region.firstElementChild?.remove();
}
