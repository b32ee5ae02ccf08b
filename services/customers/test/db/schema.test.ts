import { columnsInDatabase, declaredColumns } from '@pair/test-kit';
import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import t from 'tap';
import * as schema from '../../src/db/schema.ts';
import { customersDatabase } from '../support/database.ts';

t.test('the declared tables equal those that the migrations create', async (t) => {
  const { url } = await customersDatabase(t);
  const tables = Object.values(schema).filter((value) => is(value, PgTable));
  t.same(declaredColumns(tables.map(getTableConfig)), await columnsInDatabase(url));
});
