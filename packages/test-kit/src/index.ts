export { freePort } from '@pair/local-stores';
export { execute, serviceRoleOf } from './create-database.ts';
export { documented } from './documented.ts';
export { exampleExchanges, exampleFaults } from './examples.ts';
export { setForeignSettings } from './foreign-settings.ts';
export { isWithin } from './is-within.ts';
export { type JwksServer, jwksServer } from './jwks-server.ts';
export { PATIENT_LIMITS, PRODUCTION_LIMITS } from './limits.ts';
export { metricIn, metricsOf } from './metrics.ts';
export { type MintedKey, mintClaims, mintKey } from './minted-key.ts';
export { mintProofKey, type ProofKey, type ProofOf } from './proof-key.ts';
export { isLong, rounds } from './rounds.ts';
export { runProgram, startProgram } from './run-program.ts';
export { sendBlindly } from './send-blindly.ts';
export { type StartedProcess, startProcess } from './start-process.ts';
export { columnsInDatabase, declaredColumns } from './table-columns.ts';
export type { Teardown } from './teardown.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { axeViolations, testBrowser } from './test-browser.ts';
export { type TestCluster, testCluster } from './test-cluster.ts';
export { testDatabase } from './test-database.ts';
export { testNginx } from './test-nginx.ts';
export { missingPatroni, type TestPatroni, testPatroni } from './test-patroni.ts';
export {
  databaseSettings,
  giveSettings,
  missingPgBouncer,
  type TestPgBouncer,
  testPgBouncer,
} from './test-pgbouncer.ts';
export { type TestPostgres, testPostgres } from './test-postgres.ts';
export { testProxy } from './test-proxy.ts';
export { testRedis } from './test-redis.ts';
export { type TestReplicas, testReplicas } from './test-replicas.ts';
export { shared } from './test-run.ts';
export type { TestServer } from './test-server.ts';
export { type Endpoint, type TestStandby, testStandby } from './test-standby.ts';
export { waitFor } from './wait-for.ts';
