import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';

type Node = Record<string, unknown>;

/** Lists the examples of an OpenAPI document that their own schemas refuse: JSON Pointer and reason. */
export function exampleFaults(document: object): { checked: number; faults: string[] } {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  ajvFormats.default(ajv);
  ajv.addSchema(document, 'document');
  const faults: string[] = [];
  let checked = 0;

  const check = (pointer: string, example: unknown) => {
    checked++;
    const validate = ajv.compile({ $ref: `document#${pointer}` });
    if (!validate(example)) faults.push(`${decodeURIComponent(pointer)}: ${ajv.errorsText(validate.errors)}`);
  };
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    // a media type, a parameter or a header has a schema; any other node with a list of examples is a schema itself
    if ('schema' in node) {
      if ('example' in node) check(`${pointer}/schema`, node.example);
      for (const { value } of Object.values((node.examples ?? {}) as Record<string, Node>)) {
        check(`${pointer}/schema`, value);
      }
    } else if (Array.isArray(node.examples)) for (const example of node.examples) check(pointer, example);
    for (const [name, member] of Object.entries(node)) {
      if (name !== 'example' && name !== 'examples') visit(member, `${pointer}/${escapePointer(name)}`);
    }
  };
  visit(document, '');
  return { checked, faults };
}

interface Media {
  schema: { examples?: unknown[] };
  example?: unknown;
}
interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
}

/** The example of a request in an OpenAPI document, and the example of its answer. */
export interface ExampleExchange {
  operationId: string;
  method: string;
  /** With the names of its parameters in braces. */
  path: string;
  /** Undefined without a body; `example` is undefined if the document has none. */
  body: { type: string; example: unknown } | undefined;
  status: number;
  answer: { type: string; example: unknown } | undefined;
}

/** The successful exchange of each operation, once for each media type of its request and of its answer. */
export function exampleExchanges(document: {
  paths: Record<string, Record<string, Operation>>;
}): ExampleExchange[] {
  const mediaOf = (content: Record<string, Media> | undefined) => {
    const media = Object.entries(content ?? {});
    if (media.length === 0) return [undefined];
    return media.map(([type, { example, schema }]) => ({ type, example: example ?? schema.examples?.[0] }));
  };
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { operationId, requestBody, responses }]) => {
      const [status, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
      const operation = { operationId, method: method.toUpperCase(), path, status: Number(status) };
      return mediaOf(requestBody?.content).flatMap((body) =>
        mediaOf(success?.content).map((answer) => ({ ...operation, body, answer })),
      );
    }),
  );
}

/** Escapes a part of a JSON Pointer in a URI, RFC 6901 §3 and §6. */
function escapePointer(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}
