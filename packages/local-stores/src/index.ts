export { freePort } from './free-port.ts';
export { guard } from './guard.ts';
export { type LocalServer, launch } from './local-server.ts';
export { startPostgres } from './postgres.ts';
export { serverAccount } from './postgres-account.ts';
export { isRunning } from './process-table.ts';
export { startRedis } from './redis.ts';
