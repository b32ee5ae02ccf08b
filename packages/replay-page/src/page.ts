import { createColumns, windowLeftMs } from './columns.ts';
import { byId, make } from './elements.ts';
import { type Exchange, type Party, recordingFetch } from './exchange.ts';
import { createGuide } from './guide.ts';
import { createLedger, type Verdict } from './ledger.ts';
import { createOwner } from './owner.ts';
import type { Scene } from './stories.ts';
import { createThief } from './thief.ts';
import { announce, createTimeLine } from './time-line.ts';
import { watch } from './watch.ts';

const TICK_MS = 200;
const withKey = byId<HTMLInputElement>('dpop');

const ledger = createLedger();
const timeLine = createTimeLine(ledger);
const show = createColumns(ledger);
const owner = createOwner(recordingFetch('owner', hear), () => update());
const thief = createThief(recordingFetch('thief', hear));
const guide = createGuide(({ needsKey }) => {
  withKey.checked = needsKey && !withKey.disabled;
  update();
});
const watchOwner = watch(() => owner.tokens() !== undefined, owner.check);
const watchThief = watch(isThiefIn, thief.check);

/** The answers that show the thief that the copies are of no use. */
const OUT = new Set<Verdict>(['refused', 'proof-demanded', 'wrong-key']);
let isThiefOut = false;
/** The parties that have not noticed the end of the session yet. */
let unaware = new Set<Party>();
let ticking: number | undefined;

function isThiefIn(): boolean {
  const loot = thief.loot();
  return loot !== undefined && !loot.isBound && !isThiefOut;
}

/** Reads an answer. */
function hear(exchange: Exchange): void {
  const { party, path, at } = exchange;
  const wasLive = ledger.session().isLive;
  const verdict = ledger.note(exchange);
  const { isLive, endedAt } = ledger.session();
  if (verdict === 'signed-in') thief.forget();
  if (party === 'thief' && OUT.has(verdict)) isThiefOut = true;
  // a check is worth an entry only when its answer changes
  const isQuiet = path === '/auth/me' && verdict === 'served';
  if (!isQuiet) timeLine.add(exchange, verdict);
  if (wasLive && !isLive) {
    timeLine.addEnd();
    unaware = new Set(isThiefIn() ? ['owner', 'thief'] : ['owner']);
    if (party === 'owner') unaware.delete('owner');
  } else if (
    endedAt !== undefined &&
    (verdict === 'refused' || verdict === 'over') &&
    unaware.delete(party)
  ) {
    timeLine.addNotice(party, at - endedAt);
  }
  update(isQuiet ? undefined : `${party} ${verdict}`);
}

/** Shows the present state, and suggests the next step. */
function update(heard?: Scene['heard'][number]): void {
  const tokens = owner.tokens();
  const { isBound } = ledger.session();
  show({
    owner: tokens && { access: tokens.access_token, refresh: tokens.refresh_token },
    thief: thief.loot(),
    isBound,
    isThiefOut,
  });
  const isWindowOpen = windowLeftMs(ledger.session()) > 0;
  const scene = {
    isSignedIn: tokens !== undefined,
    isBound,
    isStolen: thief.loot() !== undefined,
    isThiefOut,
    isWindowOpen,
  };
  guide.update(scene, heard);
  watchOwner();
  watchThief();
  if (isWindowOpen) {
    ticking ??= setInterval(update, TICK_MS);
  } else {
    clearInterval(ticking);
    ticking = undefined;
  }
}

function steal(): void {
  const tokens = owner.tokens();
  if (tokens === undefined) return announce('There is nothing to steal: the owner is not signed in.');
  thief.steal(tokens);
  isThiefOut = false;
  timeLine.addTheft({ access: tokens.access_token, refresh: tokens.refresh_token });
  update();
}

/** Does what a button says. The time line shows the answer, so an error needs nothing more. */
function onPress(id: string, act: () => Promise<void>): void {
  byId(id).addEventListener('click', () => {
    act().catch(() => undefined);
  });
}

/** Proofs contain the address of the issuer, and a browser has keys only in a secure context. */
async function offerKey(): Promise<void> {
  const refuse = (...reason: (string | Node)[]) => {
    withKey.disabled = true;
    withKey.checked = false;
    byId('dpop-hint').replaceChildren(...reason);
  };
  if (!isSecureContext)
    return refuse('Not available here: a browser has keys only with HTTPS and on localhost.');
  const { issuer } = await (await fetch('/.well-known/oauth-authorization-server')).json();
  if (issuer === location.origin) return;
  const link = make('a', '', `${issuer}/replay`);
  link.setAttribute('href', `${issuer}/replay`);
  refuse('Not available at this address, because proofs contain that of the issuer. Open ', link, '.');
}

function asThief(act: () => Promise<void>): () => Promise<void> {
  return async () => {
    if (thief.loot() === undefined) return announce('The thief has no tokens yet.');
    await act();
    update();
  };
}

byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const username = byId<HTMLInputElement>('username').value;
  const password = byId<HTMLInputElement>('password').value;
  byId<HTMLInputElement>('password').value = '';
  owner.signIn(username, password, withKey.checked).catch(() => byId('password').focus());
});
addEventListener('pagehide', owner.leave);
offerKey().catch(() => undefined);
byId('steal').addEventListener('click', steal);
onPress('owner-call', owner.call);
onPress('owner-refresh', owner.refresh);
onPress('sign-out', owner.signOut);
onPress('thief-call', asThief(thief.call));
onPress('thief-refresh', asThief(thief.refresh));
update();
