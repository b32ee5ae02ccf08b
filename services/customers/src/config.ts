import { DatabaseConfigSchema, ProcessConfigSchema, ServiceConfigSchema } from '@pair/service-kit';
import { type Static, Type } from 'typebox';

/** The settings of the customers service. `customersService` needs ISSUER and AUDIENCE too: see `withDerivedDefaults`. */
export const CustomersConfigSchema = Type.Object({
  ...ServiceConfigSchema.properties,
  JWKS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      format: 'url',
      allowed: 'a URL that begins with http:// or https://',
      description: 'URL of the public keys of auth. Default: ISSUER/.well-known/jwks.json',
    }),
  ),
});
export type CustomersConfig = Static<typeof CustomersConfigSchema> & { ISSUER: string; AUDIENCE: string };

export const CustomersProcessConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  ...CustomersConfigSchema.properties,
});

/** The settings of the migration job. */
export const MigrateConfigSchema = DatabaseConfigSchema;
