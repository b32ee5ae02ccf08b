import type { AccessTokenClaims } from '@pair/access-token';
import { Problem } from '@pair/service-kit';
import type { FastifyRequest } from 'fastify';

/**
 * The claims of an access token that would be accepted now; undefined of anything else.
 *
 * @throws {Problem} 503 when nobody can tell
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
