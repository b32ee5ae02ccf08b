import { integerFormat, REQUEST_ID_PATTERN } from '@pair/service-kit';
import { Type } from 'typebox';
import { CLIENT_ID_PATTERN, FIRST_PARTY } from '../clients/client.ts';
import { EXAMPLE_SID, EXAMPLE_USER } from '../examples.ts';
import { SECURITY_EVENTS } from './security-events.ts';

/** The most events in an answer, and the default. */
export const MAX_EVENTS = 1_000;

/** The string formats for `validatorCompiler`. */
export const auditFormats = { 'number-of-events': integerFormat({ minimum: 1, maximum: MAX_EVENTS }) };

export const AuditQuerySchema = Type.Object(
  {
    user_id: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'Only events that this user caused or that concern this user',
      }),
    ),
    event: Type.Optional(
      Type.String({ enum: [...SECURITY_EVENTS], description: 'Only events of this kind' }),
    ),
    limit: Type.Optional(
      Type.String({
        format: 'number-of-events',
        description: 'The number of events, 1 to 1000; default 1000',
      }),
    ),
  },
  { additionalProperties: false },
);

const Nullable = (description: string, limits: { format?: string; pattern?: string } = {}) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...limits, description });

export const SecurityEventSchema = Type.Object(
  {
    id: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The id; later events have higher ids',
    }),
    at: Type.String({ format: 'date-time', description: 'The time of the event, UTC' }),
    event: Type.String({ enum: [...SECURITY_EVENTS], description: 'The kind of the event' }),
    outcome: Type.String({ enum: ['succeeded', 'refused'], description: 'The outcome of the action' }),
    actor_id: Nullable('The user who caused the event; null without a signed-in user, and for a command', {
      format: 'uuid',
    }),
    user_id: Nullable('The user whom the event concerns; null if there is no such user', { format: 'uuid' }),
    session_id: Nullable('The session: the `sid` of its access tokens'),
    client_id: Nullable('The OAuth 2.0 client of the request; null if the service did not recognize one', {
      pattern: CLIENT_ID_PATTERN.source,
    }),
    request_id: Nullable('The X-Request-Id of the request, which every log has; null for a command', {
      pattern: REQUEST_ID_PATTERN,
    }),
    address: Nullable('The IP address of the client that sent the request'),
    session_address: Nullable(
      'For a reused or repeated refresh token, or a reused code: the IP address of the previous use of the session',
    ),
    detail: Nullable('More about the event, such as the scopes of a user or the kid of a key'),
  },
  { title: 'SecurityEvent' },
);

export const AuditSchema = Type.Object(
  {
    items: Type.Array(SecurityEventSchema, {
      maxItems: MAX_EVENTS,
      description: 'The events, the newest first',
    }),
  },
  {
    title: 'SecurityEventList',
    description: 'Security events',
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
