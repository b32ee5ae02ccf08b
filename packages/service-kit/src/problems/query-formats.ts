import type { StringFormat } from './validation.ts';

/**
 * Formats for values of a query, where each value is text. The document has the type that the text stands for, so that a
 * generated client has it too. A handler converts the text once.
 */

/** An integer in digits: `5`, but neither `05`, `5.0`, `1e1` nor ` 5`, all of which `Number` reads as an integer. */
export function integerFormat({ minimum, maximum }: { minimum: number; maximum: number }): StringFormat {
  return {
    validate: (text) =>
      /^(?:0|[1-9][0-9]{0,14})$/.test(text) && Number(text) >= minimum && Number(text) <= maximum,
    message: `must be an integer from ${minimum} to ${maximum}, in digits without a leading zero`,
    published: { type: 'integer', minimum, maximum },
  };
}

export const booleanFormat: StringFormat = {
  validate: (text) => text === 'true' || text === 'false',
  message: 'must be one of true, false',
  published: { type: 'boolean' },
};
