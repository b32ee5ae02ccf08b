import type { Problem } from '@pair/service-kit';
import type { FastifyInstance } from 'fastify';
import type { ImportedCustomer } from './import-customers.ts';
import type { LineProblem } from './import-report.ts';
import { ImportedCustomerSchema } from './schemas.ts';

type Fault = Omit<LineProblem, 'line'>;

/** Checks a record by the rules that a body of JSON is checked by: the customer, or what is wrong with it. */
export function importCheck(app: FastifyInstance): (value: unknown) => ImportedCustomer | Fault[] {
  const compile = app.validatorCompiler;
  if (compile === undefined) throw new Error('there is no validator compiler');
  const validate = compile({ schema: ImportedCustomerSchema, method: 'POST', url: '', httpPart: 'body' });
  return (value) => {
    const result = validate(value) as { value: ImportedCustomer } | { error: Problem };
    if ('value' in result) return result.value;
    return (result.error.errors ?? []).map(({ pointer, detail }) => ({
      member: pointer === '' ? null : pointer.slice(1),
      reason: detail,
    }));
  };
}
