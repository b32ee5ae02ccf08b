import { boolean, customType, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const users = pgTable('users', {
  id: uuid().primaryKey(),
  /** In lower case. */
  username: text().notNull().unique(),
  /** argon2id in PHC string format: the parameters are in it. */
  passwordHash: text('password_hash').notNull(),
  scopes: text().array().notNull().default([]),
  disabled: boolean().notNull().default(false),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

export const signingKeys = pgTable('signing_keys', {
  /** RFC 7638 thumbprint of the public key. */
  kid: text().primaryKey(),
  publicJwk: jsonb('public_jwk').$type<{ kty: 'EC'; crv: 'P-256'; x: string; y: string }>().notNull(),
  /** PKCS #8 in DER, sealed under KEY_ENCRYPTION_KEY: see keys/seal.ts. */
  sealedPrivateKey: bytea('sealed_private_key').notNull(),
  activeFrom: timestamp('active_from', { withTimezone: true, precision: 3 }).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
});
