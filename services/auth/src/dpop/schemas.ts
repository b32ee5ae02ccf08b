import { MAX_HEADER_LENGTH } from '@pair/service-kit';
import { Type } from 'typebox';

/** `app.proofs` checks the proof, also its length, so that each fault has the same code. */
export const ProofHeaderSchema = Type.Object({
  dpop: Type.Optional(
    Type.String({
      maxLength: MAX_HEADER_LENGTH,
      description:
        'A proof of your key, which binds the tokens to it (RFC 9449 §5): a JWT of the type `dpop+jwt`, signed with ES256, for this method and URL, with the newest nonce of this server, and used once. On `use_dpop_nonce`, repeat the request with the nonce in `DPoP-Nonce`. Any answer may have a newer one.',
    }),
  ),
});
