import { Server } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';

const DRAIN_TIMEOUT_MS = 10_000;
/** The number of connections that may wait to be accepted. A burst exceeds Node's 511, and the kernel drops the rest. */
const BACKLOG = 4_096;
/** While a store stays away, an answer with the reason is better than a connection that is refused. */
const LISTEN_AT_LATEST_MS = 10_000;
const READINESS_INTERVAL_MS = 50;
/** Longer than nginx keeps an idle connection to a service, and than three requests take to notice (nginx/upstreams.conf). */
const LEAVING_MS = 2_000;

/** Listens, and stops in order on SIGTERM, SIGINT or a fault: it ends readiness, drains requests, closes the stores. */
export async function serve(app: FastifyInstance, address: { HOST: string; PORT: number }): Promise<string> {
  stopInOrder(app, async () => app.drain());
  return listen(app, address);
}

/**
 * As `serve`, for a process behind a gateway that has other processes of the service, or waits for this one: it listens when
 * it is ready, and closes no connection that the gateway may still use. A gateway tries another process when a connection is
 * refused, but never sends a POST again after it has sent it.
 *
 * @returns the address; undefined if the process had to stop before it was ready
 */
export async function serveBehindGateway(
  app: FastifyInstance,
  address: { HOST: string; PORT: number },
): Promise<string | undefined> {
  stopInOrder(app, async () => {
    app.drain();
    await letGatewayLeave(app.server);
  });
  await app.ready();
  await firstReadiness(app);
  return app.isDraining() ? undefined : listen(app, address);
}

function listen(app: FastifyInstance, { HOST, PORT }: { HOST: string; PORT: number }): Promise<string> {
  return app.listen({ host: HOST, port: PORT, backlog: BACKLOG });
}

function stopInOrder(app: FastifyInstance, drain: () => Promise<void>): void {
  const onTimeout = () => app.log.error('stopping: cut off requests that took too long');
  closeWithGrace({ delay: DRAIN_TIMEOUT_MS, logger: false, onTimeout }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'stopping after a fault');
    else app.log.info({ signal }, 'stopping: draining requests');
    await drain();
    await app.close();
  });
}

/** Resolves when all checks have passed once, when the process drains, or after `LISTEN_AT_LATEST_MS`. */
async function firstReadiness(app: FastifyInstance): Promise<void> {
  const end = performance.now() + LISTEN_AT_LATEST_MS;
  while (performance.now() < end && !app.isDraining()) {
    const results = await app.checkReadiness();
    if (results.every(({ failure }) => failure === undefined)) return;
    await setTimeout(READINESS_INTERVAL_MS);
  }
}

/**
 * Refuses new connections for `LEAVING_MS`, also when no connection is open: the gateway must notice before the address of this
 * process vanishes, because then nothing refuses and each attempt lasts until its time-out. Each answer from now on is the last
 * on its connection. The gateway closes the idle connections: if this side did, a POST could be on its way.
 */
async function letGatewayLeave(server: Server): Promise<void> {
  if (!server.listening) return;
  // the event loop has just accepted the connections that waited: the kernel would reset them
  await setImmediate();
  // not `close` of the HTTP server, which closes idle connections
  Server.prototype.close.call(server);
  await setTimeout(LEAVING_MS);
}
