import { Problem } from '@pair/service-kit';
import type { Precondition } from './entity-tag.ts';
import type { CustomersRepository } from './repository.ts';
import { customerNotFound } from './representation.ts';

/**
 * Names the reason why a write found no row: the id, or the version that the precondition asked for. That nothing was
 * written is settled by then; this read decides only which of the two the client is told.
 */
export async function explainMissedWrite(
  customers: CustomersRepository,
  id: string,
  { expected, hasWeakTag, unexpected, isNew }: Precondition,
): Promise<Problem> {
  const isAsked = isNew || expected !== null || unexpected !== null;
  const exists = isAsked && (await customers.find(id)) !== undefined;
  return exists ? preconditionFailed(hasWeakTag) : customerNotFound();
}

const FAILED = 'The customer has another version than If-Match or If-None-Match asks for.';
const WEAK = 'A weak tag (W/"…") never matches If-Match: send the ETag as you got it from us, without W/.';

export function preconditionFailed(hasWeakTag = false): Problem {
  return new Problem(412, 'precondition_failed', hasWeakTag ? `${FAILED} ${WEAK}` : FAILED);
}
