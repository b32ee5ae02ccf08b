const TICK_MS = 10;

/**
 * Sends the requests in turn at a steady rate, whether earlier ones have been answered or not. Any answer other than 2xx is a
 * failure, and so is no answer. `isOfService`: a process has answered, not nginx; its problems have an `instance`.
 */
export function steadyLoad(requests, perSecond) {
  const load = { total: 0, failures: [], stop };
  const start = performance.now();
  const open = new Set();
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / 1_000) * perSecond;
    while (load.total < due) send(requests[load.total % requests.length]);
  }, TICK_MS);

  function send({ name, request }) {
    load.total += 1;
    const sent = Date.now();
    const fail = (reason, isOfService) => {
      const at = new Date(sent).toISOString();
      load.failures.push({ name, at, ms: Date.now() - sent, reason, isOfService });
    };
    const done = request()
      .then(
        ({ status, body }) => status >= 300 && fail(`${status} ${JSON.stringify(body)}`, 'instance' in body),
        (error) => fail(String(error.cause ?? error), false),
      )
      .finally(() => open.delete(done));
    open.add(done);
  }

  async function stop() {
    clearInterval(timer);
    await Promise.all(open);
  }

  return load;
}
