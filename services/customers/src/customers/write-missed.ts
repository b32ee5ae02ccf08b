import { Problem } from '@pair/service-kit';
import type { CustomersRepository } from './repository.ts';
import { customerNotFound } from './representation.ts';

/**
 * Names the reason why a write found no row: the id, or the version that If-Match asked for. That nothing was
 * written is settled by then; this read decides only which of the two the client is told.
 */
export async function writeMissed(
  customers: CustomersRepository,
  id: string,
  expected: string[] | null,
): Promise<Problem> {
  const exists = expected !== null && (await customers.find(id)) !== undefined;
  return exists
    ? new Problem(412, 'precondition_failed', 'The customer has another version than If-Match asks for.')
    : customerNotFound();
}
