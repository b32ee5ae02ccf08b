import { capacityTables } from './table.ts';

/** Prints the tables of docs/capacity.md. */
for (const table of Object.values(capacityTables())) console.log(`\n${table}`);
