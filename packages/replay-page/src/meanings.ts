import type { Exchange, Party } from './exchange.ts';
import type { Verdict } from './ledger.ts';
import { DPOP } from './sections.ts';

/** A sentence for people, with the section of docs/replay-protection.md that explains it. */
export interface Meaning {
  text: string;
  section?: string;
}

const MEANINGS: Record<Verdict, Meaning | Record<Party, Meaning>> = {
  'signed-in': {
    text: 'A session begins, with an access token for ten minutes and a refresh token that works once.',
    section: 'refresh-token-rotation',
  },
  'sign-in-refused': { text: 'No session begins.', section: 'password-guessing' },
  rotated: {
    owner: {
      text: 'The refresh token is used up, and has a successor. The old one is good for a repeat for ten seconds.',
      section: 'refresh-token-rotation',
    },
    thief: {
      text: 'The thief was first, and has the newest token. The next refresh of the owner, after more than ten seconds, exposes the theft.',
      section: 'a-stolen-refresh-token',
    },
  },
  repeated: {
    owner: {
      text: 'The token was used a moment ago. Within ten seconds it gets the same successor again, so the session does not fork.',
      section: 'a-second-tab-or-a-lost-answer',
    },
    thief: {
      text: 'Within ten seconds this looks like a second tab: the thief gets the same successor as the owner. The next of the two that refreshes late is exposed.',
      section: 'the-replay-window',
    },
  },
  reuse: {
    text: 'Reuse: this token was used up before, so two parties hold tokens of this session. It ends for both.',
    section: 'reuse-of-a-refresh-token',
  },
  over: {
    text: 'The session is over: none of its refresh tokens works.',
    section: 'reuse-of-a-refresh-token',
  },
  'signed-out': {
    text: 'The session ends, and the revocation feed announces that to every process.',
    section: 'logout-and-the-revocation-feed',
  },
  served: {
    owner: { text: 'A valid access token.', section: 'access-tokens-live-ten-minutes' },
    thief: {
      text: 'A copy works like the original: nothing in the request distinguishes the thief.',
      section: 'a-stolen-access-token',
    },
  },
  refused: {
    owner: {
      text: 'The access token is refused, so the program of the owner tries to refresh.',
      section: 'logout-and-the-revocation-feed',
    },
    thief: { text: 'The copy is refused.', section: 'logout-and-the-revocation-feed' },
  },
  'proof-demanded': {
    text: 'The token is bound to the key of the owner: without a proof of that key it is worth nothing.',
    section: DPOP,
  },
  'wrong-key': {
    text: 'The proof has the key of the thief, and the token is bound to the key of the owner. The session goes on.',
    section: DPOP,
  },
  'nonce-demanded': {
    text: 'A proof must contain the newest nonce of the service, so the request comes again at once.',
    section: DPOP,
  },
  failed: { text: 'No answer to learn from: try again.' },
};

export function meaningOf(verdict: Verdict, { party }: Exchange): Meaning {
  const meaning = MEANINGS[verdict];
  return 'text' in meaning ? meaning : meaning[party];
}
