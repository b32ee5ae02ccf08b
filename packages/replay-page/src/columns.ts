import { byId, make, seconds } from './elements.ts';
import type { Carried, Party } from './exchange.ts';
import { type Ledger, WINDOW_MS } from './ledger.ts';

/** The state of the page. */
export interface View {
  /** The tokens of each party. */
  owner: Carried | undefined;
  thief: Carried | undefined;
  /** True if the tokens are bound to a key of the owner. */
  isBound: boolean;
  /** The services refuse the thief's copies. */
  isThiefOut: boolean;
}

/** Shows the state of both parties, and of the replay window. */
export function createColumns({ nameOf, session }: Ledger): (view: View) => void {
  const shown: Record<Party, string> = { owner: '', thief: '' };

  const showParty = (party: Party, state: string, mood: string, tokens: Carried = {}) => {
    const names = (['access', 'refresh'] as const).flatMap((kind) => {
      const token = tokens[kind];
      return token === undefined ? [] : [nameOf(kind, token)];
    });
    const text = [state, mood, ...names].join();
    if (shown[party] === text) return;
    shown[party] = text;
    const line = byId(`${party}-state`);
    line.textContent = state;
    line.className = `state ${mood}`;
    byId(`${party}-tokens`).replaceChildren(...names.map((name) => make('li', 'token', name)));
  };

  const showOwner = ({ owner: tokens, isBound }: View) => {
    if (tokens !== undefined)
      showParty('owner', isBound ? 'Signed in, with DPoP' : 'Signed in', 'in', tokens);
    else if (session().newest > 0) showParty('owner', 'The session is over', 'out');
    else showParty('owner', 'Not signed in', 'nothing');
    const form = byId('sign-in');
    const actions = byId('owner-actions');
    const isIn = tokens !== undefined;
    if (form.hidden === isIn) return;
    const hadFocus = form.contains(document.activeElement) || actions.contains(document.activeElement);
    form.hidden = isIn;
    actions.hidden = !isIn;
    if (hadFocus) byId(isIn ? 'owner-call' : 'username').focus();
  };

  const showThief = ({ owner, thief, isBound, isThiefOut }: View) => {
    if (thief === undefined) showParty('thief', 'Has nothing', 'nothing');
    else if (isThiefOut) showParty('thief', 'The copies are refused', 'out', thief);
    else if (isBound) showParty('thief', 'Holds copies, without the key', 'nothing', thief);
    else showParty('thief', 'The copies work', 'in', thief);
    setUsable('steal', owner !== undefined);
    setUsable('thief-call', thief !== undefined);
    setUsable('thief-refresh', thief !== undefined);
  };

  return (view) => {
    showOwner(view);
    showThief(view);
    const leftMs = windowLeftMs(session());
    byId('window-text').textContent = windowText(leftMs);
    byId<HTMLProgressElement>('window').value = leftMs;
  };

  function windowText(leftMs: number): string {
    const { isLive, rotatedAt } = session();
    if (!isLive || rotatedAt === undefined) return 'Each refresh opens the replay window for ten seconds.';
    if (leftMs === 0) return 'Closed. Now an old refresh token ends the session.';
    return `Open for ${seconds(leftMs)} s: the refresh token before the newest gets the same successor.`;
  }
}

/** The time until the replay window closes. */
export function windowLeftMs({ isLive, rotatedAt }: ReturnType<Ledger['session']>): number {
  if (!isLive || rotatedAt === undefined) return 0;
  return Math.max(0, rotatedAt + WINDOW_MS - performance.now());
}

/** A button that cannot be used keeps its place in the order of the keyboard. */
function setUsable(id: string, isUsable: boolean): void {
  byId(id).setAttribute('aria-disabled', String(!isUsable));
}
