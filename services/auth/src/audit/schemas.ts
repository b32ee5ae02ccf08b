import { REQUEST_ID_PATTERN } from '@pair/service-kit';
import { Type } from 'typebox';
import { CLIENT_ID_PATTERN, FIRST_PARTY } from '../clients/client.ts';
import { EXAMPLE_SID, EXAMPLE_USER } from '../examples.ts';
import { SECURITY_EVENTS } from './security-events.ts';

export const AuditQuerySchema = Type.Object(
  {
    user_id: Type.Optional(
      Type.String({ format: 'uuid', description: 'Only what this user did, or what concerns this user' }),
    ),
    event: Type.Optional(
      Type.String({ enum: [...SECURITY_EVENTS], description: 'Only events of this kind' }),
    ),
    limit: Type.Optional(
      Type.String({
        pattern: '^(?:[1-9][0-9]{0,2}|1000)$',
        description: 'How many, 1 to 1000; default 1000',
      }),
    ),
  },
  { additionalProperties: false },
);

const Nullable = (description: string, limits: { format?: string; pattern?: string } = {}) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...limits, description });

export const SecurityEventSchema = Type.Object(
  {
    id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Grows with time' }),
    at: Type.String({ format: 'date-time', description: 'When it happened, UTC' }),
    event: Type.String({ enum: [...SECURITY_EVENTS], description: 'What happened' }),
    outcome: Type.String({ enum: ['succeeded', 'refused'], description: 'How it ended' }),
    actor_id: Nullable('The user who did it; null when nobody was signed in, or it was a command', {
      format: 'uuid',
    }),
    user_id: Nullable('The user whom it concerns; null when there is no such user', { format: 'uuid' }),
    session_id: Nullable('The session, as in the `sid` of its access tokens'),
    client_id: Nullable('The OAuth 2.0 client that it was done with; null when none was recognized', {
      pattern: CLIENT_ID_PATTERN.source,
    }),
    request_id: Nullable('As in X-Request-Id and in every log; null for a command', {
      pattern: REQUEST_ID_PATTERN,
    }),
    address: Nullable('The IP address that the request came from'),
    session_address: Nullable(
      'Of a reused or repeated refresh token, or of a code: where the session was used last before',
    ),
    detail: Nullable('The scopes of a user, the kid of a key'),
  },
  { title: 'SecurityEvent' },
);

export const AuditSchema = Type.Object(
  {
    items: Type.Array(SecurityEventSchema, { maxItems: 1_000, description: 'The newest first' }),
  },
  {
    title: 'SecurityEventList',
    description: 'What happened',
    examples: [
      {
        items: [
          {
            id: 42,
            at: '2026-11-30T09:41:07.123Z',
            event: 'sign_in',
            outcome: 'succeeded',
            actor_id: EXAMPLE_USER.id,
            user_id: EXAMPLE_USER.id,
            session_id: EXAMPLE_SID,
            client_id: FIRST_PARTY.id,
            request_id: '4f6d1c0a9b3e4d7f8a2b5c6d7e8f9a0b',
            address: '192.0.2.1',
            session_address: null,
            detail: null,
          },
        ],
      },
    ],
  },
);
