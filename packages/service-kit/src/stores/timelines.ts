import pg from 'pg';
import { StoreUnavailable } from '../problems/unavailable.ts';
import { isRefusedStatement } from './refused-statement.ts';

/** Every role may call these functions. A standby has no current position. */
const PLACE = `SELECT (SELECT system_identifier FROM pg_control_system()) AS cluster,
  CASE WHEN NOT pg_is_in_recovery() THEN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline`;
/** Longer than an endpoint takes to move. After a disaster an operator may restore an older timeline. */
const FORGOTTEN_AFTER_MS = 60_000;

interface Place {
  cluster: string;
  /** Hexadecimal, with leading zeros. A promotion begins a higher one. */
  timeline: string | null;
}

/**
 * Finds the connections to a primary of the past. When an endpoint moves, it may keep open connections to the old primary, and
 * those that were opening. If the old primary then goes on, because it was only paused, it serves old rows, and a write there
 * waits for ever or is lost. A newer primary to which no connection has led for a minute is forgotten.
 */
export class Timelines {
  readonly #places = new WeakMap<object, Place>();
  readonly #onNewer: () => void;
  #newest: Place | undefined;
  /** The open connections to the newest primary. */
  readonly #toNewest = new Set<object>();
  #lastEndedAt = 0;

  /** @param onNewer is called when a connection leads to a newer primary than those before */
  constructor(onNewer: () => void) {
    this.#onNewer = onNewer;
  }

  /**
   * Asks a connection that has opened for its primary.
   *
   * @throws {StoreUnavailable} if another connection has reached a newer primary
   */
  async admit(client: pg.ClientBase): Promise<void> {
    const place = await placeOf(client);
    if (place?.timeline == null) return;
    this.#places.set(client, place);
    if (this.#isForgotten()) this.#newest = undefined;
    if (this.isPast(client)) {
      throw new StoreUnavailable('postgresql', 'the connection leads to a primary of the past');
    }
    const isNewer = this.#newest !== undefined && this.#newest.timeline !== place.timeline;
    this.#newest = place;
    if (isNewer) this.#toNewest.clear();
    this.#toNewest.add(client);
    client.once('end', () => this.#ended(client));
    if (isNewer) this.#onNewer();
  }

  /** False also for another cluster, whose timelines have their own order. */
  isPast(client: object): boolean {
    const place = this.#places.get(client);
    if (place?.timeline == null || this.#newest?.timeline == null) return false;
    return place.cluster === this.#newest.cluster && place.timeline < this.#newest.timeline;
  }

  #ended(client: object): void {
    if (this.#toNewest.delete(client)) this.#lastEndedAt = performance.now();
  }

  #isForgotten(): boolean {
    return this.#toNewest.size === 0 && performance.now() - this.#lastEndedAt > FORGOTTEN_AFTER_MS;
  }
}

type Query = (this: pg.ClientBase, statement: string) => Promise<pg.QueryResult<Place>>;

/** Undefined for a server without these functions, as some clouds have: there the provider closes the connections. */
async function placeOf(client: pg.ClientBase): Promise<Place | undefined> {
  // not the method of `client`, which counts its statements
  const query = pg.Client.prototype.query as Query;
  try {
    return (await query.call(client, PLACE)).rows[0];
  } catch (error) {
    if (isRefusedStatement(error)) return undefined;
    throw error;
  }
}
