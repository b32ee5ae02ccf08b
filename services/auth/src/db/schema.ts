import type { Scope } from '@pair/access-token';
import { bigint, boolean, customType, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** The grants that a client may exchange for tokens at `/oauth/token` (RFC 6749 §1.3, §6). */
export const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
export type Grant = (typeof GRANTS)[number];

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const users = pgTable('users', {
  id: uuid().primaryKey(),
  /** The username in lower case. */
  username: text().notNull().unique(),
  /** An argon2id hash in PHC string format, which contains the parameters. */
  passwordHash: text('password_hash').notNull(),
  scopes: text().array().notNull().default([]),
  disabled: boolean().notNull().default(false),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

export type User = typeof users.$inferSelect;

export const signingKeys = pgTable('signing_keys', {
  /** RFC 7638 thumbprint of the public key. */
  kid: text().primaryKey(),
  publicJwk: jsonb('public_jwk').$type<{ kty: 'EC'; crv: 'P-256'; x: string; y: string }>().notNull(),
  /** PKCS #8 in DER, sealed under KEY_ENCRYPTION_KEY: see crypto/seal.ts. */
  sealedPrivateKey: bytea('sealed_private_key').notNull(),
  activeFrom: timestamp('active_from', { withTimezone: true, precision: 3 }).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  /** Set for a compromised key: it neither signs nor verifies any more. */
  revokedAt: timestamp('revoked_at', { withTimezone: true, precision: 3 }),
});

export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** The OAuth 2.0 clients that an operator has added, besides the built-in ones in clients/client.ts. */
export const clients = pgTable('clients', {
  id: text().primaryKey(),
  /** The name that users read; null for the id. */
  name: text(),
  registration: uuid().notNull().defaultRandom(),
  /** SHA-256 of the secret; null for a public client. */
  secretHash: bytea('secret_hash'),
  redirectUris: text('redirect_uris').array().notNull().default([]),
  grants: text().array().$type<Grant[]>().notNull(),
  scopes: text().array().$type<Scope[]>().notNull(),
  mayIntrospect: boolean('may_introspect').notNull().default(false),
  /** The client gets no Bearer tokens (RFC 9449 §5.2). */
  dpopBoundAccessTokens: boolean('dpop_bound_access_tokens').notNull().default(false),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

export type ClientRow = typeof clients.$inferSelect;

/** The columns of an event that the service may write. Not `id`: with a chosen id an event could come before older ones. */
export const EVENT_COLUMNS = [
  'at',
  'event',
  'outcome',
  'actor_id',
  'user_id',
  'session_id',
  'client_id',
  'request_id',
  'address',
  'session_address',
  'detail',
] as const;

/** Append-only: see grant-service-rights.ts, and the trigger in migrations/0001_security_events.sql. */
export const securityEvents = pgTable('security_events', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  event: text().notNull(),
  outcome: text().$type<'succeeded' | 'refused'>().notNull(),
  /** The user who caused the event, if known. */
  actorId: uuid('actor_id'),
  /** The user whom the event concerns, if there is such a user. */
  userId: uuid('user_id'),
  sessionId: text('session_id'),
  /** The OAuth 2.0 client of the request, if the service recognized it. */
  clientId: text('client_id'),
  requestId: text('request_id'),
  /** The IP address of the client that sent the request. */
  address: text(),
  /** For a reused or repeated refresh token, or a reused code: the IP address of the previous use of the session. */
  sessionAddress: text('session_address'),
  /** More about the event, such as the kid of a key or the scopes of a user. */
  detail: text(),
});
