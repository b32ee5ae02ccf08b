import type { CustomersRepository } from '@pair/customers';
import type autocannon from 'autocannon';

const JSON_TYPE = { 'content-type': 'application/json' };

/** One kind of request, which the load repeats. `ids` belong to existing customers. */
export interface Scenario {
  name: string;
  /** The call of the repository that the service makes for this request. */
  statement: (repository: CustomersRepository, id: string) => Promise<unknown>;
  requests: (ids: string[]) => autocannon.Request[];
  isRead?: true;
}

const ALL = { name: undefined, dobFrom: undefined, dobTo: undefined, sort: 'dob', descending: true } as const;
const FIELDS = { name: 'Ada Lovelace', dob: '1815-12-10' };

export const SCENARIOS: Scenario[] = [
  {
    name: 'list, the 10 youngest',
    statement: (repository) => repository.youngest(10),
    isRead: true,
    requests: () => [{ method: 'GET', path: '/customers?n=10' }],
  },
  {
    name: 'list, a page of 20',
    statement: (repository) => repository.page(ALL, 21, undefined),
    requests: () => [{ method: 'GET', path: '/customers' }],
  },
  {
    name: 'get',
    isRead: true,
    statement: (repository, id) => repository.find(id),
    requests: (ids) => ids.map((id) => ({ method: 'GET', path: `/customers/${id}` })),
  },
  {
    name: 'create',
    statement: (repository, id) => repository.create(id, FIELDS),
    requests: () => [
      { method: 'POST', path: '/customers', headers: JSON_TYPE, body: JSON.stringify(FIELDS) },
    ],
  },
  {
    name: 'patch',
    statement: (repository, id) => repository.update(id, { name: 'Ada King' }),
    requests: (ids) =>
      ids.map((id) => ({
        method: 'PATCH',
        path: `/customers/${id}`,
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ name: 'Ada King' }),
      })),
  },
];
