export type { KeyPair } from 'dpop';
export { ApiError, type InputFault } from './api-error.ts';
export {
  type Abortable,
  type Client,
  type ClientOptions,
  type Customer,
  type CustomersQuery,
  createClient,
  type User,
  type UsersQuery,
} from './client.ts';
export type { Clock } from './clock.ts';
export type { AuthPaths, CustomersPaths, FileBody, Operations } from './operations.ts';
export {
  type KeyStorage,
  memoryStorage,
  type TokenStorage,
  type Tokens,
  type WebStorageArea,
  webStorage,
} from './tokens.ts';
