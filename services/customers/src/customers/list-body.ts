import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import type { Customer } from './repository.ts';
import type { CustomerListSchema } from './schemas.ts';

type CustomerList = Static<typeof CustomerListSchema>;

interface ListBody {
  text: string;
  nextCursor: string | null;
}

const bodies = new WeakMap<readonly Customer[], ListBody>();

/**
 * Returns the body of a list. Equal requests at the same time share the rows of one query, so the first of them serializes the
 * list for all: the array of rows identifies both the list and the query. `makeList` must depend on the parameters of that
 * query alone.
 */
export function bodyOf(reply: FastifyReply, rows: Customer[], makeList: () => CustomerList): ListBody {
  const known = bodies.get(rows);
  if (known !== undefined) return known;
  const list = makeList();
  const text = reply.serializeInput(list, '200', 'application/json') as string;
  const body = { text, nextCursor: list.next_cursor };
  bodies.set(rows, body);
  return body;
}
