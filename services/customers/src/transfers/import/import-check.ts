import { faultFinder } from '@pair/service-kit';
import { formats } from '../../customers/schemas.ts';
import type { ImportedCustomer } from './import-customers.ts';
import type { LineProblem } from './import-report.ts';
import { ImportedCustomerSchema } from './schemas.ts';

type Fault = Omit<LineProblem, 'line'>;

const faultsOf = faultFinder(formats)(ImportedCustomerSchema);

/** Checks a record by the rules for a body of JSON, and returns the customer or the faults. */
export function checkRecord(value: unknown): ImportedCustomer | Fault[] {
  const faults = faultsOf(value);
  if (faults.length === 0) return value as ImportedCustomer;
  return faults.map(({ pointer, detail }) => ({
    member: pointer === '' ? null : pointer.slice(1),
    reason: detail,
  }));
}
