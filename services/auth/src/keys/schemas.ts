import { Type } from 'typebox';

export const JwksSchema = Type.Object(
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
