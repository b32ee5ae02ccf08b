import { Type } from 'typebox';
import { MAX_ERRORS } from '../problems/validation.ts';

/** The longest header line that the gateway passes. */
export const MAX_HEADER_LENGTH = 8_192;

/** A request id is a UUID, or comes from the gateway. */
export const REQUEST_ID_PATTERN = '^[A-Za-z0-9_-]{1,64}$';

/** RFC 9457 problem details, the form of every error of both services. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({
      description: 'Always `about:blank`: `code` distinguishes the problems of one status.',
    }),
    title: Type.String({ description: 'The reason phrase of the status.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
    code: Type.String({ description: 'A stable code for programs.' }),
    detail: Type.String({ description: 'An explanation for people.' }),
    instance: Type.Optional(Type.String({ description: 'The path of the request.' })),
    request_id: Type.String({
      pattern: REQUEST_ID_PATTERN,
      description: 'The id of the request, also in `X-Request-Id` and in the logs.',
    }),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({
              description: 'A JSON Pointer (RFC 6901) into the body, or `/name` of a parameter.',
            }),
            detail: Type.String({ description: 'Completes the sentence "the value …".' }),
          },
          { title: 'ProblemDetail', description: 'A fault in the input' },
        ),
        { maxItems: MAX_ERRORS, description: 'One entry for each fault in the input, up to twenty.' },
      ),
    ),
  },
  { title: 'Problem', description: 'RFC 9457 problem details' },
);

export const EXAMPLE_REQUEST_ID = '4f6d1c0a9b3e4d7f8a2b5c6d7e8f9a0b';
