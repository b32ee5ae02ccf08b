import type { Carried, Exchange } from './exchange.ts';

/** The default of REFRESH_REPLAY_WINDOW_SECONDS. */
export const WINDOW_MS = 10_000;

/** The meaning of an answer. */
export type Verdict =
  | 'signed-in'
  | 'sign-in-refused'
  | 'rotated'
  | 'repeated'
  | 'reuse'
  | 'over'
  | 'signed-out'
  | 'served'
  | 'refused'
  | 'proof-demanded'
  | 'wrong-key'
  | 'nonce-demanded'
  | 'failed';

/** The page's knowledge of the session, from the answers alone. */
export interface Ledger {
  /** Reads an exchange, and returns its meaning. */
  note(exchange: Exchange): Verdict;
  /** A short name of a token: its number in the session, and its last characters. */
  nameOf(kind: keyof Carried, token: string): string;
  session(): Session;
}

export interface Session {
  /** The number of its newest refresh token; 0 before a sign-in. */
  newest: number;
  isLive: boolean;
  /** True if its tokens are bound to a key of the owner. */
  isBound: boolean;
  /** The time of the last rotation. */
  rotatedAt: number | undefined;
  /** The time when an answer showed its end first. */
  endedAt: number | undefined;
}

const NONE: Session = {
  newest: 0,
  isLive: false,
  isBound: false,
  rotatedAt: undefined,
  endedAt: undefined,
};

export function createLedger(): Ledger {
  const tokens: Record<keyof Carried, string[]> = { access: [], refresh: [] };
  let session = NONE;

  const learn = ({ access, refresh }: Carried): boolean => {
    if (access !== undefined) tokens.access.push(access);
    if (refresh === undefined || tokens.refresh.includes(refresh)) return false;
    session = { ...session, newest: tokens.refresh.push(refresh) };
    return true;
  };
  const end = ({ at }: Exchange) => {
    if (session.isLive) session = { ...session, isLive: false, endedAt: at };
  };

  const noteSignIn = (exchange: Exchange): Verdict => {
    if (exchange.status !== 200) return 'sign-in-refused';
    tokens.access = [];
    tokens.refresh = [];
    session = { ...NONE, isLive: true, isBound: exchange.hasProof };
    learn(exchange.got);
    return 'signed-in';
  };

  const noteRefresh = (exchange: Exchange): Verdict => {
    if (exchange.status === 200) {
      if (!learn(exchange.got)) return 'repeated';
      session = { ...session, rotatedAt: exchange.at };
      return 'rotated';
    }
    const { refresh: sent = '' } = exchange.sent;
    if (!tokens.refresh.includes(sent)) return 'over'; // of an earlier session
    // the other party may have seen the end before this answer arrived
    const wasLive = exchange.sentAt < (session.endedAt ?? Infinity);
    end(exchange);
    return wasLive && sent !== tokens.refresh.at(-1) ? 'reuse' : 'over';
  };

  return {
    note(exchange) {
      const { party, path, status, code, hasProof } = exchange;
      if (status === 0 || status === 429 || status >= 500) return 'failed';
      if (code === 'use_dpop_nonce') return 'nonce-demanded';
      // the answer to a refresh does not say that a key is missing
      if (status === 401 && party === 'thief' && session.isBound && session.isLive)
        return hasProof ? 'wrong-key' : 'proof-demanded';
      if (path === '/auth/login') return noteSignIn(exchange);
      if (path === '/auth/refresh') return noteRefresh(exchange);
      if (status === 401) return 'refused';
      if (path !== '/auth/logout') return status < 300 ? 'served' : 'failed';
      end(exchange);
      return 'signed-out';
    },
    nameOf: (kind, token) => {
      const number = tokens[kind].indexOf(token) + 1;
      return `${kind} ${number === 0 ? '' : `${number} `}…${token.slice(-6)}`;
    },
    session: () => session,
  };
}
