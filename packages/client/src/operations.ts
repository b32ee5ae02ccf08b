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

/**
 * Of the options `parseAs` alone is inferred: an object whose type is inferred may have members that nobody knows.
 *
 * @throws ApiError for every answer that is not 2xx
 */
type Call<Paths, Method extends Methods> = <
  Path extends PathsWith<Paths, Method>,
  As extends ParseAs | undefined = undefined,
>(
  path: Path,
  ...options: object extends FetchOptions<Operation<Paths[Path], Method>>
    ? [options?: Options<Operation<Paths[Path], Method>, As>]
    : [options: Options<Operation<Paths[Path], Method>, As>]
) => Promise<Success<Operation<Paths[Path], Method>, As>>;

type ParseAs = NonNullable<FetchOptions<object>['parseAs']>;

type Options<Found extends Described, As> = Omit<FetchOptions<Found>, 'parseAs' | 'body'> &
  Body<FetchOptions<Found>> & { parseAs?: As };

/** A body that the document has no schema for is a file. */
type Body<Known> = Known extends { body: infer Content }
  ? { body: unknown extends Content ? FileBody : Content }
  : Pick<Known, 'body' & keyof Known>;

/** A file, sent as it is. A stream, such as a `Readable`, is for Node: a browser takes one only with HTTP/2. */
export type FileBody =
  | string
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream
  | AsyncIterable<string | Uint8Array>;

type PathsWith<Paths, Method extends Methods> = {
  [Path in keyof Paths]: Operation<Paths[Path], Method> extends never ? never : Path;
}[keyof Paths];

type Operation<PathItem, Method extends Methods> =
  PathItem extends Record<Method, infer Found extends Described> ? Found : never;
type Described = Record<string | number, unknown>;

type Success<Found extends Described, As> = As extends 'stream'
  ? { data: NonNullable<Response['body']>; response: Response }
  : Extract<FetchResponse<Found, { parseAs: As }, `${string}/${string}`>, { data: unknown }>;

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'];

/** The types are all that differs between operations. */
export function operations<Paths>(send: Send): Operations<Paths> {
  const calls = METHODS.map((method) => [method, (path: string, init?: Init) => send(method, path, init)]);
  return Object.fromEntries(calls);
}
