import type { Party } from './exchange.ts';
import type { Verdict } from './ledger.ts';
import { DPOP } from './sections.ts';

/** The state that decides which steps are done. */
export interface Scene {
  isSignedIn: boolean;
  isBound: boolean;
  isStolen: boolean;
  /** The thief's copies are refused. */
  isThiefOut: boolean;
  isWindowOpen: boolean;
  /** The answers since the step began. */
  heard: `${Party} ${Verdict}`[];
}

export interface Step {
  /** May have a part between ** that names a button. */
  text: string;
  section?: string;
  /** The id of the element to use next. */
  next?: string;
  /** True for a step after the end of the session. */
  isAfterEnd?: true;
  isDone(scene: Scene): boolean;
}

export interface Story {
  title: string;
  needsKey: boolean;
  steps: Step[];
  /** The moral. */
  end: string;
  section: string;
}

const hears =
  (...expected: Scene['heard']) =>
  ({ heard }: Scene) =>
    expected.some((one) => heard.includes(one));

const signIn: Step = {
  text: 'Owner: sign in.',
  section: 'refresh-token-rotation',
  next: 'sign-in-button',
  isDone: ({ isSignedIn, isBound }) => isSignedIn && !isBound,
};
/** The first step of a story whose tokens the owner does not have. */
export const otherSignIn = ({ needsKey }: Story): Step => ({
  text: `Owner: sign out. This story needs a sign-in ${needsKey ? 'with' : 'without'} DPoP.`,
  next: 'sign-out',
  isDone: () => false,
});
const steal: Step = {
  text: 'Thief: steal the tokens. They are copied, so the owner notices nothing.',
  section: 'tokens-and-secrets-that-can-be-replayed',
  next: 'steal',
  isDone: ({ isStolen }) => isStolen,
};
const signInWithKey: Step = {
  text: 'Owner: bind the tokens to a key, and sign in.',
  section: DPOP,
  next: 'sign-in-button',
  isDone: ({ isSignedIn, isBound }) => isSignedIn && isBound,
};
const ownerRefreshes: Step = {
  text: 'Owner: refresh. The stolen refresh token is now the one before the newest.',
  section: 'refresh-token-rotation',
  next: 'owner-refresh',
  isDone: hears('owner rotated'),
};
const bothLose: Step = {
  text: 'Watch both columns: the session ends for both within a second.',
  section: 'logout-and-the-revocation-feed',
  isAfterEnd: true,
  isDone: ({ isSignedIn, isThiefOut }) => !isSignedIn && isThiefOut,
};

export const STORIES: Story[] = [
  {
    title: 'A stolen access token',
    needsKey: false,
    section: 'a-stolen-access-token',
    steps: [
      signIn,
      steal,
      {
        text: 'Thief: call customers with the copy.',
        section: 'a-stolen-access-token',
        next: 'thief-call',
        isDone: hears('thief served'),
      },
      {
        text: 'Owner: call customers. Both are served.',
        section: 'tokens-and-secrets-that-can-be-replayed',
        next: 'owner-call',
        isDone: hears('owner served'),
      },
    ],
    end: 'A Bearer token works for every holder, until it expires: ten minutes at most. The other stories end it sooner.',
  },
  {
    title: 'A refresh token, late',
    needsKey: false,
    section: 'reuse-of-a-refresh-token',
    steps: [
      signIn,
      steal,
      ownerRefreshes,
      {
        text: 'Wait until the replay window has closed: ten seconds.',
        section: 'the-replay-window',
        isDone: ({ isWindowOpen }) => !isWindowOpen,
      },
      {
        text: 'Thief: refresh with the old token.',
        section: 'reuse-of-a-refresh-token',
        next: 'thief-refresh',
        isAfterEnd: true, // the owner may see the end before the thief gets its answer
        isDone: hears('thief reuse'),
      },
      bothLose,
    ],
    end: 'auth cannot know which of the two is the thief. So the session ends for both, and the owner signs in again.',
  },
  {
    title: 'The thief is first',
    needsKey: false,
    section: 'a-stolen-refresh-token',
    steps: [
      signIn,
      steal,
      {
        text: 'Thief: refresh before the owner does. The thief has the newest token now.',
        section: 'a-stolen-refresh-token',
        next: 'thief-refresh',
        isDone: hears('thief rotated'),
      },
      {
        text: 'Wait until the replay window has closed: ten seconds. The owner does not notice the theft yet.',
        section: 'the-replay-window',
        isDone: ({ isWindowOpen }) => !isWindowOpen,
      },
      {
        text: 'Owner: refresh, as the program of the owner does every ten minutes.',
        section: 'reuse-of-a-refresh-token',
        next: 'owner-refresh',
        isAfterEnd: true,
        isDone: hears('owner reuse'),
      },
      bothLose,
    ],
    end: 'The session was the thief’s for as long as the owner did not refresh: ten minutes at most, while the owner is there.',
  },
  {
    title: 'A refresh token, at once',
    needsKey: false,
    section: 'the-replay-window',
    steps: [
      signIn,
      steal,
      ownerRefreshes,
      {
        text: 'Thief: refresh within ten seconds.',
        section: 'a-second-tab-or-a-lost-answer',
        next: 'thief-refresh',
        isDone: hears('thief repeated'),
      },
      {
        text: 'Owner: refresh again, and wait ten seconds.',
        section: 'the-replay-window',
        next: 'owner-refresh',
        isDone: ({ heard, isWindowOpen }) => heard.includes('owner rotated') && !isWindowOpen,
      },
      {
        text: 'Thief: refresh. This time it is too late.',
        section: 'reuse-of-a-refresh-token',
        next: 'thief-refresh',
        isAfterEnd: true, // the owner may see the end before the thief gets its answer
        isDone: hears('thief reuse'),
      },
      bothLose,
    ],
    end: 'The window forgives a lost answer and a second tab. It also forgives a thief, but only one who is quick each time.',
  },
  {
    title: 'Signing out',
    needsKey: false,
    section: 'logout-and-the-revocation-feed',
    steps: [
      signIn,
      steal,
      {
        text: 'Thief: call customers with the copy. It works.',
        section: 'a-stolen-access-token',
        next: 'thief-call',
        isDone: hears('thief served'),
      },
      {
        text: 'Owner: sign out.',
        section: 'logout-and-the-revocation-feed',
        next: 'sign-out',
        isAfterEnd: true,
        isDone: hears('owner signed-out'),
      },
      { ...bothLose, text: 'Watch the thief: the copy is refused within a second.' },
    ],
    end: 'Every process verifies tokens by itself, and still refuses those of an ended session: it follows the revocation feed.',
  },
  {
    title: 'With DPoP',
    needsKey: true,
    section: 'limits-of-dpop',
    steps: [
      signInWithKey,
      {
        ...steal,
        text: 'Thief: steal the tokens. The key stays behind, because no script can export it.',
        section: DPOP,
      },
      {
        text: 'Thief: call customers with the copy, as a Bearer token and then with a key of the thief.',
        section: DPOP,
        next: 'thief-call',
        isDone: hears('thief wrong-key'),
      },
      {
        text: 'Thief: refresh in both ways.',
        section: DPOP,
        next: 'thief-refresh',
        isDone: hears('thief wrong-key'),
      },
      {
        text: 'Owner: call customers. The session goes on.',
        section: DPOP,
        next: 'owner-call',
        isDone: hears('owner served'),
      },
    ],
    end: 'The copies are worth nothing without the key of the owner. Only a script in the page of the owner could use that key, in place.',
  },
];
