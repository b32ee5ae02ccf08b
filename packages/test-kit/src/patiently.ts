import { waitFor } from './wait-for.ts';

/** For what a test needs and does not test: a machine that is busy with other tests may say 503. */
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
