import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';

type Node = Record<string, unknown>;

/** The examples of an OpenAPI document that their own schemas refuse, by JSON Pointer, with the reason. */
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
    // of a media type, a parameter or a header; and of a schema itself
    if ('schema' in node && 'example' in node) check(`${pointer}/schema`, node.example);
    if (Array.isArray(node.examples)) for (const example of node.examples) check(pointer, example);
    for (const [name, member] of Object.entries(node)) {
      if (name !== 'example' && name !== 'examples') visit(member, `${pointer}/${escapePointer(name)}`);
    }
  };
  visit(document, '');
  return { checked, faults };
}

/** RFC 6901 §3, in a URI. */
function escapePointer(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}
