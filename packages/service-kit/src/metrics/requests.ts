import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, onResponseHookHandler } from 'fastify';
import type { Histogram, Metrics, Observe } from './metrics.ts';

/** The bounds that OpenTelemetry advises for this metric, and 1 ms and 2.5 ms, because most requests take less than 5 ms. */
const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** The route of a path that no route has. */
const NO_ROUTE = '';
/** The methods of the routes; any other is `_OTHER`, as the semantic conventions ask. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const OTHER = '_OTHER';

/**
 * Answers that alerts count. They begin with zero at the first request of a route, because Prometheus takes the first value of
 * a new time series for no increase. For all routes from the start they would be half a megabyte for each scrape.
 */
const FAULTS = [500, 503];
/** nginx logs this status for a client that left before its answer. */
const CLIENT_LEFT = 499;

type Label = 'http_request_method' | 'http_route' | 'http_response_status_code';
type ObserveRequest = (method: string, status: number, elapsedMs: number) => void;

/** Marks an answer whose end is not counted yet. */
const uncounted = Symbol('uncounted');
type Answer = ServerResponse & { [uncounted]?: FastifyReply | undefined };

/**
 * Measures requests by the semantic conventions of OpenTelemetry for HTTP servers. The route is a template such as
 * `/customers/:id`. A request whose client left has the status 499.
 */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  const histogram = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests, from the arrival of the header to the end of the answer; 499: the client left',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: BOUNDS_SECONDS,
  });
  const routes = new Map<string, ObserveRequest>();
  const observerOf = (route: string) => {
    const observe = routes.get(route) ?? observeRequests(histogram, route);
    routes.set(route, observe);
    return observe;
  };
  const observeUnknown = observerOf(NO_ROUTE);

  app.addHook('onRoute', (route) => {
    const observe = observerOf(route.url);
    const count: onResponseHookHandler = (request, reply, done) => {
      (reply.raw as Answer)[uncounted] = undefined;
      observe(request.method, reply.statusCode, reply.elapsedTime);
      done();
    };
    route.onResponse = [count, ...[route.onResponse ?? []].flat()];
  });
  app.addHook('onRequest', (_request, reply, done) => {
    (reply.raw as Answer)[uncounted] = reply;
    reply.raw.once('close', countUnanswered);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) {
      (reply.raw as Answer)[uncounted] = undefined;
      observeUnknown(request.method, reply.statusCode, reply.elapsedTime);
    }
    done();
  });

  /** One function for all answers, which finds its request by `this`. Fastify runs no hook when the client has left. */
  function countUnanswered(this: Answer): void {
    const { [uncounted]: reply } = this;
    if (reply === undefined) return;
    const { method, routeOptions } = reply.request;
    observerOf(routeOptions.url ?? NO_ROUTE)(method, CLIENT_LEFT, reply.elapsedTime);
  }
}

function labelsOf(method: string, route: string, status: number): Record<Label, string | number> {
  return { http_request_method: method, http_route: route, http_response_status_code: status };
}

/** Each method and status has a time series, which is begun when it is needed. */
function observeRequests(histogram: Histogram<Label>, route: string): ObserveRequest {
  const known = new Map([...METHODS, OTHER].map((method) => [method, new Map<number, Observe>()]));
  return (requested, status, elapsedMs) => {
    const method = known.has(requested) ? requested : OTHER;
    const byStatus = known.get(method);
    let observe = byStatus?.get(status);
    if (observe === undefined) {
      if (byStatus?.size === 0) for (const fault of FAULTS) histogram.of(labelsOf(method, route, fault));
      observe = histogram.of(labelsOf(method, route, status));
      byStatus?.set(status, observe);
    }
    observe(elapsedMs / 1_000);
  };
}
