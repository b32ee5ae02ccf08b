import { ProcessConfigSchema, ServiceConfigSchema } from '@pair/service-kit';
import { type Static, Type } from 'typebox';

/** What the customers service is told; `customersService` takes it with ISSUER and AUDIENCE filled in. */
export const CustomersConfigSchema = Type.Object({
  ...ServiceConfigSchema.properties,
  JWKS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'Where the public keys are fetched. Default: ISSUER/.well-known/jwks.json',
    }),
  ),
});
export type CustomersConfig = Static<typeof CustomersConfigSchema> & { ISSUER: string; AUDIENCE: string };

export const CustomersProcessConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  ...CustomersConfigSchema.properties,
});

/** The one-shot job that migrates. */
export const MigrateConfigSchema = Type.Object({
  DATABASE_URL: CustomersConfigSchema.properties.DATABASE_URL,
});
