import type { FetchOptions, FetchResponse } from 'openapi-fetch';
import type { paths as AuthPaths } from './generated/auth.ts';
import type { paths as CustomersPaths } from './generated/customers.ts';
import type { Init, Send } from './send.ts';

export type { AuthPaths, CustomersPaths };

/**
 * Methods like those of openapi-fetch: `GET('/customers/{id}', { params: { path: { id } } })`. They return a 2xx alone, and
 * throw every other answer.
 */
export type Operations<Paths> = { [Method in Methods as Uppercase<Method>]: Call<Paths, Method> };

type Methods = 'get' | 'put' | 'post' | 'patch' | 'delete';

/**
 * Infers `parseAs` alone from the options: TypeScript does not check an inferred object for unknown members.
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

/** A request body without a schema in the document is a file. */
type Body<Known> = Known extends { body: infer Content }
  ? { body: unknown extends Content ? FileBody : Content }
  : Pick<Known, 'body' & keyof Known>;

/** A file, which the client sends unchanged. Use a stream, such as a `Readable`, in Node alone: browsers need HTTP/2. */
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

/** One function serves all operations of a method, because operations differ only in their types. */
export function operations<Paths>(send: Send): Operations<Paths> {
  const calls = METHODS.map((method) => [method, (path: string, init?: Init) => send(method, path, init)]);
  return Object.fromEntries(calls);
}
