import { StoreUnavailable } from '@pair/service-kit';

/** A script has run, but too few replicas confirm it. So the answer is 503, and a failover may undo the effect, or not. */
export class Unconfirmed extends StoreUnavailable {
  /** The decoded reply of the script. */
  readonly reply: unknown;

  constructor(reply: unknown, cause: Error) {
    super('redis', cause.message, { cause });
    this.reply = reply;
  }
}

/**
 * Calls `note` with the reply of a script, also if it is unconfirmed: the client repeats the request, but then the script
 * finds a session that has ended already, and has nothing to report.
 */
export async function noted<T>(result: Promise<T>, note: (reply: T) => void): Promise<T> {
  try {
    const reply = await result;
    note(reply);
    return reply;
  } catch (error) {
    if (error instanceof Unconfirmed) note(error.reply as T);
    throw error;
  }
}
