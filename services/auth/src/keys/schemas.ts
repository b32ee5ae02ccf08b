import { MAX_HEADER_LENGTH } from '@pair/service-kit';
import { Type } from 'typebox';

/** The example keys are from RFC 7517 Appendix A.1 and RFC 7515 Appendix A.3. */
function exampleKey(x: string, y: string, kid: string) {
  return { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' };
}

/** 32 bytes as base64url. */
const Base64url32 = { pattern: '^[A-Za-z0-9_-]{43}$' };

/** More keys do not fit into the 64 KiB that a resource server reads. */
const MAX_KEYS = 300;

const JwksSchema = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          kty: Type.Literal('EC', { description: 'An elliptic curve (RFC 7518 §6.2)' }),
          crv: Type.Literal('P-256', { description: 'The curve of ES256' }),
          x: Type.String({ ...Base64url32, description: 'The x coordinate, as base64url' }),
          y: Type.String({ ...Base64url32, description: 'The y coordinate, as base64url' }),
          kid: Type.String({
            ...Base64url32,
            description: 'The RFC 7638 thumbprint of the key; tokens name it as `kid` in their header',
          }),
          use: Type.Literal('sig', { description: 'The key verifies signatures' }),
          alg: Type.Literal('ES256', { description: 'The only algorithm' }),
        },
        { title: 'JsonWebKey' },
      ),
      { maxItems: MAX_KEYS, description: 'At least the active key and the next key' },
    ),
  },
  {
    title: 'JsonWebKeySet',
    description: 'A JWK Set (RFC 7517 §5)',
    examples: [
      {
        keys: [
          exampleKey(
            'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
            '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
            'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
          ),
          exampleKey(
            'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
            'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
            'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U',
          ),
        ],
      },
    ],
  },
);

export const IfNoneMatchSchema = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description:
        'The ETag of your copy. The answer is 304 if the keys have not changed (RFC 9110 §13.1.2).',
    }),
  ),
});

const headers = {
  ETag: {
    type: 'string',
    required: true,
    description: 'A strong entity tag; it changes with the set of keys.',
    examples: ['"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"'],
  },
};

export const jwksResponse = {
  200: {
    description: 'The keys that verify tokens now, and the next key',
    headers,
    content: { 'application/json': { schema: JwksSchema } },
  },
  304: { type: 'null', description: 'The keys have not changed since the answer whose ETag you sent' },
};
