import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { type DestinationStream, pino } from 'pino';
import type { ProcessConfig } from './config.ts';
import { addHealth } from './health.ts';
import { makeAddressesCanonical } from './http/client-address.ts';
import { boundRest, lingerOnClose, noteAnswer } from './http/connection.ts';
import { corsOf } from './http/cors.ts';
import { misdirectedUnless } from './http/host-names.ts';
import { JSON_CONTENT_TYPE, parseJson } from './http/json-parser.ts';
import { addNegotiation } from './http/negotiation.ts';
import { addNotFoundHandler, MAX_PARAM_LENGTH } from './http/not-found.ts';
import { refuseAmbiguous } from './http/refuse-ambiguous.ts';
import { loggerOptions, REQUEST_ID_LABEL } from './logger.ts';
import { addMetrics } from './metrics/add-metrics.ts';
import { REQUEST_ID_PATTERN } from './openapi/schemas.ts';
import { handleClientError, handleError } from './problems/errors.ts';
import { validatorCompiler } from './problems/validation.ts';
import type { Tracing } from './tracing/tracing.ts';

const BODY_LIMIT_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 15_000;
/** The interval of Node's check of the time-outs; its default of 30 s would make a time-out three times as long. */
const TIMEOUT_CHECK_MS = 1_000;
/** Longer than nginx keeps an idle connection to an upstream (60 s), so that this side never closes it under a request. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/**
 * Builds everything that exists once in a process, for any services: Fastify and its limits, parsers, errors, 404 and 405,
 * request ids, security headers, CORS, health and metrics. Each service is an encapsulated plugin beside the others.
 *
 * @param options.hostNames the names of a process without a gateway; a request for another name is 421
 */
export async function buildProcess(
  config: Omit<ProcessConfig, 'HOST' | 'PORT'> & Partial<Pick<ProcessConfig, 'HOST'>>,
  services: FastifyPluginAsync[],
  options: {
    logStream?: DestinationStream;
    hostNames?: string[];
    tracing?: Tracing | undefined;
  } = {},
): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = pino(
    {
      ...loggerOptions,
      level: config.LOG_LEVEL,
      ...(options.tracing === undefined ? {} : { mixin: options.tracing.ids }),
    },
    options.logStream ?? pino.destination(1),
  );
  const cors = corsOf(config);
  const misdirected = options.hostNames === undefined ? undefined : misdirectedUnless(options.hostNames);
  const commonHeaders: HeadersOf = ({ id, headers }) => ({
    'x-request-id': id,
    ...SECURITY_HEADERS,
    ...cors.headers(headers.origin),
  });
  const addCommonHeaders = (request: FastifyRequest, reply: FastifyReply) => {
    noteAnswer(request.raw.socket, reply.raw, request.id);
    reply.headers(commonHeaders(request));
  };
  /**
   * Answers a preflight; returns false for any other request. A browser sends a preflight before a page's request, and
   * needs 2xx even if that request will fail.
   */
  const answersPreflight = (request: FastifyRequest, reply: FastifyReply) => {
    const headers = cors.preflight(request);
    if (headers === undefined) return false;
    reply.code(204).headers(headers).send();
    return true;
  };
  const isBehindGateway = config.TRUSTED_PROXIES.length > 0;
  const app = Fastify({
    loggerInstance,
    logController: new FaultsAlone(commonHeaders),
    genReqId,
    trustProxy: isBehindGateway ? config.TRUSTED_PROXIES : false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // answer a request that still arrives on an open connection
    return503OnClosing: false,
    allowErrorHandlerOverride: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: {
      requireHostHeader: false, // Node answers a missing header with an empty 400; ours has a body
      // Node applies the smaller of the two time-outs to the header, so both have the same value
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    // for a path that cannot be decoded, Fastify runs no hooks
    frameworkErrors: (error, request, reply) => {
      addCommonHeaders(request, reply);
      const refusal = misdirected?.(request.raw);
      if (refusal === undefined && answersPreflight(request, reply)) return;
      reply.header('connection', 'close'); // without hooks nothing else bounds the rest of the request
      handleError(refusal ?? error, request, reply);
    },
    clientErrorHandler: (error, socket) =>
      handleClientError(error, socket, (request) => ({
        ...SECURITY_HEADERS,
        ...(request === undefined ? cors.headersForUnknown : cors.headers(request.headers.origin)),
      })),
  });

  const addHealthRoutes = addHealth(app);
  await addMetrics(app, addHealthRoutes, config);
  addNotFoundHandler(app);
  if (options.tracing !== undefined) await app.register(options.tracing.plugin, { isBehindGateway });
  addNegotiation(app);
  app.setErrorHandler(handleError);
  app.setValidatorCompiler(validatorCompiler());
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_CONTENT_TYPE, { parseAs: 'buffer' }, parseJson);
  app.addHook('onRequest', (request, reply, done) => {
    makeAddressesCanonical(request.raw);
    addCommonHeaders(request, reply);
    const refusal = misdirected?.(request.raw);
    if (refusal !== undefined) done(refusal);
    else if (!answersPreflight(request, reply)) done(refuseAmbiguous(request));
  });
  // Node would answer an unknown expectation with an empty 417
  app.server.on('checkExpectation', app.routing);
  app.server.on('connection', lingerOnClose);
  // Node would ask for a body even if the request is refused: send 100 Continue only when a handler reads the body
  app.server.on('checkContinue', (request, response) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    app.routing(request, response);
  });
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    boundRest(raw);
    done();
  });
  closeConnectionsWhileDraining(app);
  addHealthRoutes(app);
  for (const service of services) await app.register(service);
  return app;
}

type HeadersOf = (request: FastifyRequest) => Record<string, string>;

/** Logs faults only, because nginx writes the access log. */
class FaultsAlone extends LogController {
  readonly #commonHeaders: HeadersOf;

  constructor(commonHeaders: HeadersOf) {
    super({ disableRequestLogging: true, requestIdLogLabel: REQUEST_ID_LABEL });
    this.#commonHeaders = commonHeaders;
  }

  /** The answer had an invalid header, so Fastify sends it with the headers of `raw` alone. The error handler has logged that. */
  override writeHeadError(_err: Error, request: FastifyRequest, reply: FastifyReply): void {
    for (const [name, value] of Object.entries(this.#commonHeaders(request)))
      reply.raw.setHeader(name, value);
  }

  /** An answer broke off after its start: the client only sees that it is incomplete. A client that left is no fault. */
  override streamError(err: NodeJS.ErrnoException, request: FastifyRequest): void {
    if (err.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    request.log.warn({ req: request, err }, 'the answer broke off');
  }
}

/**
 * Closes each connection after its next answer, from when the process drains. Fastify sends `connection: close` only to
 * requests that arrive while it closes, so `close()` would wait for the other connections until the keep-alive time-out.
 */
function closeConnectionsWhileDraining(app: FastifyInstance): void {
  app.addHook('preClose', async () => app.drain());
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (app.isDraining()) reply.header('connection', 'close');
    done();
  });
  // an answer that began earlier has no such header
  app.addHook('onResponse', ({ raw }, reply, done) => {
    if (app.isDraining() && !reply.hasHeader('connection')) raw.socket.destroySoon();
    done();
  });
}

/** Headers for answers of an API; pages (Swagger UI) set their own policy. The proxy that terminates TLS sets HSTS. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // redirects need it too: a redirect without it would separate Swagger UI from its sign-in page in the browser
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const REQUEST_ID = new RegExp(REQUEST_ID_PATTERN);

/** Adopts the gateway's id, so that one id finds a request in every log. An invalid id is replaced. */
function genReqId(request: IncomingMessage): string {
  const id = request.headers['x-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : randomUUID();
}
