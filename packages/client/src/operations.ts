import type { FetchOptions, FetchResponse } from 'openapi-fetch';
import type { paths as AuthPaths } from './generated/auth.ts';
import type { paths as CustomersPaths } from './generated/customers.ts';
import type { Init, Send } from './send.ts';

export type { AuthPaths, CustomersPaths };

/**
 * Called like openapi-fetch, `GET('/customers/{id}', { params: { path: { id } } })`, but what comes back is a success:
 * any other answer is thrown.
 */
export type Operations<Paths> = { [Method in Methods as Uppercase<Method>]: Call<Paths, Method> };

type Methods = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** @throws ApiError for every answer that is not 2xx */
type Call<Paths, Method extends Methods> = <
  Path extends PathsWith<Paths, Method>,
  Options extends FetchOptions<Operation<Paths[Path], Method>>,
>(
  path: Path,
  ...options: object extends FetchOptions<Operation<Paths[Path], Method>>
    ? [options?: Options]
    : [options: Options]
) => Promise<Success<Operation<Paths[Path], Method>, Options>>;

type PathsWith<Paths, Method extends Methods> = {
  [Path in keyof Paths]: Operation<Paths[Path], Method> extends never ? never : Path;
}[keyof Paths];

type Operation<PathItem, Method extends Methods> =
  PathItem extends Record<Method, infer Found extends Described> ? Found : never;
type Described = Record<string | number, unknown>;

type Success<Found extends Described, Options> = Extract<
  FetchResponse<Found, Options, `${string}/${string}`>,
  { data: unknown }
>;

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];

/** The types are all that differs between operations. */
export function operations<Paths>(send: Send): Operations<Paths> {
  const calls = METHODS.map((method) => [method, (path: string, init?: Init) => send(method, path, init)]);
  return Object.fromEntries(calls);
}
