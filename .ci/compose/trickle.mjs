const PAUSE_MS = 10;
const SETTLE_MS = 1_500;

/**
 * Repeats each request, each time after the answer to the last, while `work` runs and a moment longer. Any answer other
 * than 2xx is a failure, and so is no answer.
 */
export async function trickle(requests, work) {
  const failures = [];
  let total = 0;
  let running = true;

  async function repeat({ name, request }) {
    while (running) {
      const start = Date.now();
      const failure = await request().then(
        ({ status, headers }) =>
          status < 300 ? undefined : { status, retryAfter: headers.get('retry-after'), body: undefined },
        (error) => ({ status: 0, retryAfter: null, body: String(error.cause ?? error) }),
      );
      total += 1;
      if (failure !== undefined) failures.push({ name, at: start, ms: Date.now() - start, ...failure });
      await pause(PAUSE_MS);
    }
  }

  const loops = requests.map(repeat);
  try {
    await work();
    await pause(SETTLE_MS);
  } finally {
    running = false;
    await Promise.all(loops);
  }
  const outageMs = failures.length === 0 ? 0 : failures.at(-1).at + failures.at(-1).ms - failures[0].at;
  return { failures, total, outageMs };
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
