import { waitFor } from './wait-for.ts';

/**
 * Repeats a request that gets 503, for requests that a test needs but does not test: a machine that is busy with other
 * tests may cause a 503.
 */
export async function patiently<Response extends { statusCode: number }>(
  request: () => Promise<Response>,
): Promise<Response> {
  let response = await request();
  await waitFor(async () => {
    if (response.statusCode === 503) response = await request();
    return response.statusCode !== 503;
  });
  return response;
}
