import type { Redis } from 'ioredis';
import { loadScript, type ScriptNames, snakeCase } from './lua.ts';

/** A script in `lua/`: its file, the names that it shares with its callers, and the decoder of its reply. */
export interface Script<
  Key extends string = string,
  Args extends ScriptNames['args'] = ScriptNames['args'],
  Reply = unknown,
> extends ScriptNames {
  readonly file: string;
  readonly keys: readonly Key[];
  readonly args: Args;
  /** Decodes the reply. Its strings are Buffers, because some hold bytes that are no UTF-8. */
  readonly decode: (reply: unknown) => Reply;
  /** True for a reply after which the script certainly has written. */
  hasWritten?(reply: Reply): boolean;
}

interface ArgumentTypes {
  string: string | Buffer;
  number: number;
  list: readonly string[];
}

/** The function that runs a script, with keys and arguments by name. */
export type Call<S> =
  S extends Script<infer Key, infer Args, infer Reply>
    ? (
        values: Readonly<Record<Key, string>> & { readonly [Name in keyof Args]: ArgumentTypes[Args[Name]] },
      ) => Promise<Reply>
    : never;

/** Describes a script, with the types of its names and its reply. */
export function script<const Key extends string, const Args extends ScriptNames['args'], Reply>(
  file: string,
  description: Omit<Script<Key, Args, Reply>, 'file'>,
): Script<Key, Args, Reply> {
  return { file, ...description };
}

/** Registers a script with the client. The client sends its hash, and its text only if Redis does not know the hash. */
export function defineScript<S extends Script>(redis: Redis, script: S): Call<S> {
  return defineUntypedScript(redis, script) as Call<S>;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * As `defineScript`, for a caller that adds values of its own.
 *
 * @param added of each call: the values of the names that `values` does not have
 */
export function defineUntypedScript(redis: Redis, script: Script) {
  const { file, keys, args, decode } = script;
  redis.defineCommand(file, { lua: loadScript(file, script), numberOfKeys: keys.length });
  const commands = redis as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
  const command = `${file}Buffer`;
  const names = [...keys, ...Object.keys(args)];
  return async (values: Values, added: Values = {}): Promise<unknown> => {
    const ordered = names.map((name) => values[name] ?? added[name]); // the client flattens lists
    return decode(await commands[command]?.(...ordered));
  };
}

type Decoders<Reply> = {
  readonly [Name in Reply extends unknown ? keyof Reply : never]: (value: unknown) => unknown;
};

/**
 * Decodes a reply of alternating names and values: `retry_after_ms` there is `retryAfterMs` here. Each value goes
 * through the decoder of its name; a name that is absent from the reply is absent from the result.
 */
export function fields<Reply>(decoders: Decoders<Reply>): (reply: unknown) => Reply {
  const byName = new Map(
    Object.entries<(value: unknown) => unknown>(decoders).map(([name, decode]) => [
      snakeCase(name),
      { name, decode },
    ]),
  );
  return (reply) => {
    const flat = reply as unknown[];
    const decoded: Record<string, unknown> = {};
    for (let i = 0; i < flat.length; i += 2) {
      const field = byName.get(String(flat[i]));
      if (field !== undefined) decoded[field.name] = field.decode(flat[i + 1]);
    }
    return decoded as Reply;
  };
}
