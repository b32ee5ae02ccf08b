import { Type } from 'typebox';

const JwksSchema = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.Literal('EC'),
        crv: Type.Literal('P-256'),
        x: Type.String(),
        y: Type.String(),
        kid: Type.String({ description: 'RFC 7638 thumbprint; the `kid` in the header of a token' }),
        use: Type.Literal('sig'),
        alg: Type.Literal('ES256'),
      }),
    ),
  },
  { description: 'A JWK Set (RFC 7517 §5)' },
);

export const IfNoneMatchSchema = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ description: '304 if the keys are still the same (RFC 9110 §13.1.2).' }),
  ),
});

const headers = { ETag: { type: 'string', description: 'Strong; changes with the set of keys.' } };

export const jwksResponse = {
  200: {
    description: 'The keys that verify now, and the one that will be next',
    headers,
    content: { 'application/json': { schema: JwksSchema } },
  },
  304: Type.Null({ description: 'The keys that If-None-Match names are still the same' }),
};
