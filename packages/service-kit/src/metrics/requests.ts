import type { FastifyInstance, onResponseHookHandler } from 'fastify';
import type { Histogram, Metrics, Observe } from './metrics.ts';

/** The bounds that OpenTelemetry advises for this metric, and 1 ms and 2.5 ms, because most requests take less than 5 ms. */
const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** The route of a path that no route has. */
const NO_ROUTE = '';
/** The methods of the routes; any other is `_OTHER`, as the semantic conventions ask. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const OTHER = '_OTHER';

type Label = 'http_request_method' | 'http_route' | 'http_response_status_code';

/**
 * Measures requests by the semantic conventions of OpenTelemetry for HTTP servers. The route is a template such as
 * `/customers/:id`.
 */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  const histogram = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests, from the arrival of the header to the end of the answer',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: BOUNDS_SECONDS,
  });
  app.addHook('onRoute', (route) => {
    const hooks = [route.onResponse ?? []].flat();
    route.onResponse = [observerOf(histogram, route.url), ...hooks];
  });
  const observeUnknown = observerOf(histogram, NO_ROUTE);
  app.addHook('onResponse', function (request, reply, done) {
    if (request.is404) observeUnknown.call(this, request, reply, done);
    else done();
  });
}

/** Each method and status has a time series, which is begun when it is needed. */
function observerOf(histogram: Histogram<Label>, route: string): onResponseHookHandler {
  const known = new Map([...METHODS, OTHER].map((method) => [method, new Map<number, Observe>()]));
  return ({ method: requested }, { statusCode, elapsedTime }, done) => {
    const method = known.has(requested) ? requested : OTHER;
    const byStatus = known.get(method);
    let observe = byStatus?.get(statusCode);
    if (observe === undefined) {
      observe = histogram.of({
        http_request_method: method,
        http_route: route,
        http_response_status_code: statusCode,
      });
      byStatus?.set(statusCode, observe);
    }
    observe(elapsedTime / 1_000);
    done();
  };
}
