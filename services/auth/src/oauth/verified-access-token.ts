import type { AccessTokenClaims } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';

/**
 * Returns the claims of an access token that is valid now, and undefined for any other text.
 *
 * @throws {Problem} 503 if its validity is not known
 */
export async function verifiedAccessToken(
  request: FastifyRequest,
  token: string,
): Promise<Readonly<AccessTokenClaims> | undefined> {
  try {
    return (await request.server.verifyAccessToken(request, { token })).claims;
  } catch (error) {
    if (error instanceof Problem && error.statusCode === 401) return undefined;
    throw error;
  }
}
