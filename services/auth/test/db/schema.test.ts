import { columnsInDatabase, declaredColumns, testDatabase } from '@pair/test-kit';
import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import t from 'tap';
import * as schema from '../../src/db/schema.ts';
import { migrated } from '../support/auth-under-test.ts';

t.test('the code declares the same tables that the migrations create', async (t) => {
  const ownerUrl = await testDatabase(t);
  await migrated(ownerUrl);
  const tables = Object.values(schema).filter((value) => is(value, PgTable));
  t.same(declaredColumns(tables.map(getTableConfig)), await columnsInDatabase(ownerUrl));
});
