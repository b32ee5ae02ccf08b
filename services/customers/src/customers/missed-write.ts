import { Problem } from '@pair/service-kit';
import type { Precondition } from './entity-tag.ts';
import type { CustomersRepository } from './repository.ts';
import { customerNotFound } from './representation.ts';

/**
 * Returns the reason why a write found no row: no such id, or a failed precondition. Reads after the write, which is safe:
 * nothing was written, and the read only chooses between the two errors.
 */
export async function explainMissedWrite(
  customers: CustomersRepository,
  id: string,
  { expected, hasWeakTag, unexpected, isNew }: Precondition,
): Promise<Problem> {
  const hasPrecondition = isNew || expected !== null || unexpected !== null;
  const exists = hasPrecondition && (await customers.find(id)) !== undefined;
  return exists ? preconditionFailed(hasWeakTag) : customerNotFound();
}

const FAILED =
  'The version of the customer does not meet If-Match or If-None-Match: get the customer for its ETag, and try again.';
const WEAK = 'A weak tag (W/"…") never matches If-Match: send the ETag without W/.';

export function preconditionFailed(hasWeakTag = false): Problem {
  return new Problem(412, 'precondition_failed', hasWeakTag ? `${FAILED} ${WEAK}` : FAILED);
}
