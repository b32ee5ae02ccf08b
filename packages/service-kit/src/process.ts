import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import closeWithGrace from 'close-with-grace';
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
import { addHealthRoutes } from './health.ts';
import { makeAddressesCanonical } from './http/client-address.ts';
import { boundRest, lingerOnClose, noteAnswer } from './http/connection.ts';
import { corsOf } from './http/cors.ts';
import { misdirectedUnless } from './http/host-names.ts';
import { JSON_CONTENT_TYPE, parseJson } from './http/json-parser.ts';
import { addNegotiation } from './http/negotiation.ts';
import { addNotFoundHandler, MAX_PARAM_LENGTH } from './http/not-found.ts';
import { refuseAmbiguous } from './http/refuse-ambiguous.ts';
import { loggerOptions } from './logger.ts';
import { REQUEST_ID_PATTERN } from './openapi/schemas.ts';
import { handleClientError, handleError } from './problems/errors.ts';
import { validatorCompiler } from './problems/validation.ts';

const BODY_LIMIT_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 15_000;
/** How late Node may notice; its own 30 s would make the time-out three times as long. */
const TIMEOUT_CHECK_MS = 1_000;
/** Longer than nginx keeps an idle connection to an upstream (60 s), so that it is never the one to be cut off. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const DRAIN_TIMEOUT_MS = 10_000;
/** Connections that wait to be accepted. Node's 511 are fewer than a burst has: the kernel drops what is beyond. */
const BACKLOG = 4_096;

/**
 * What exists once in a process, whichever services it runs: Fastify and its limits, parsers, errors, 404 and
 * 405, request ids, security headers, CORS and health. Each service is an encapsulated plugin beside the others.
 */
export async function buildProcess(
  config: Omit<ProcessConfig, 'HOST' | 'PORT'>,
  services: FastifyPluginAsync[],
  options: {
    logStream?: DestinationStream;
    /** For a process without a gateway in front: the names that it answers to. A request for another one is 421. */
    hostNames?: string[];
  } = {},
): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = pino(
    { ...loggerOptions, level: config.LOG_LEVEL },
    options.logStream ?? pino.destination(1),
  );
  const cors = corsOf(config);
  const misdirected = options.hostNames === undefined ? undefined : misdirectedUnless(options.hostNames);
  const addCommonHeaders = ({ id, raw, headers }: FastifyRequest, reply: FastifyReply) => {
    noteAnswer(raw.socket, reply.raw);
    reply.raw.setHeader('x-request-id', id);
    reply.headers(SECURITY_HEADERS).headers(cors.headers(headers.origin));
  };
  /** True when that was all: a browser asks before a page's request, and wants 2xx whatever becomes of that. */
  const answersPreflight = (request: FastifyRequest, reply: FastifyReply) => {
    const headers = cors.preflight(request);
    if (headers === undefined) return false;
    reply.code(204).headers(headers).send();
    return true;
  };
  const app = Fastify({
    loggerInstance,
    logController: new FaultsAlone({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId,
    trustProxy: config.TRUSTED_PROXIES.length > 0 ? config.TRUSTED_PROXIES : false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // a request that still arrives on an open connection is answered, not refused
    return503OnClosing: false,
    allowErrorHandlerOverride: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: {
      requireHostHeader: false, // Node answers a missing one with an empty 400; ours has a body
      // of the two time-outs Node takes the smaller one for the header alone, whichever it is
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    // a path that cannot be decoded: there are no hooks for it
    frameworkErrors: (error, request, reply) => {
      addCommonHeaders(request, reply);
      const refusal = misdirected?.(request.raw);
      if (refusal === undefined && answersPreflight(request, reply)) return;
      reply.header('connection', 'close'); // nor one that would bound what still comes
      handleError(refusal ?? error, request, reply);
    },
    clientErrorHandler: (error, socket) =>
      handleClientError(error, socket, (request) => ({
        ...SECURITY_HEADERS,
        ...(request === undefined ? cors.headersForUnknown : cors.headers(request.headers.origin)),
      })),
  });

  addNotFoundHandler(app);
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
  // Node would answer an expectation that it does not know with an empty 417
  app.server.on('checkExpectation', app.routing);
  app.server.on('connection', lingerOnClose);
  // Node would ask for a body that is refused: who waits for that, waits until somebody wants to read it
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
  closeConnectionsWhileClosing(app);
  addHealthRoutes(app);
  for (const service of services) await app.register(service);
  return app;
}

/** nginx writes the access log; here only what an operator must know is logged. */
class FaultsAlone extends LogController {
  /** Of an answer that had begun: the client only sees that it is not complete. One that goes away is no fault. */
  override streamError(err: NodeJS.ErrnoException, request: FastifyRequest): void {
    if (err.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    request.log.warn({ req: request, err }, 'the answer broke off');
  }
}

/**
 * Fastify tells clients to close a connection on which a request arrives while it closes, but not those whose
 * request was in flight already: theirs would stay open, and `close()` wait for them, as long as keep-alive lasts.
 */
function closeConnectionsWhileClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
  // an answer that had begun before could not tell
  app.addHook('onResponse', ({ raw }, reply, done) => {
    if (closing && !reply.hasHeader('connection')) raw.socket.destroySoon();
    done();
  });
}

/** Listens, and stops in order on SIGTERM, SIGINT or a fault: readiness off, requests drained, stores closed. */
export async function serve(app: FastifyInstance, address: { HOST: string; PORT: number }): Promise<string> {
  const onTimeout = () => app.log.error('stopping: requests that were not over were cut off');
  closeWithGrace({ delay: DRAIN_TIMEOUT_MS, logger: false, onTimeout }, async ({ err, signal }) => {
    if (err) app.log.fatal({ err }, 'stopping after a fault');
    else app.log.info({ signal }, 'stopping: draining requests');
    app.drain();
    await app.close();
  });
  return app.listen({ host: address.HOST, port: address.PORT, backlog: BACKLOG });
}

/** For answers of an API; pages (Swagger UI) bring their own policy. HSTS belongs to whoever terminates TLS. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // of answers that redirect too: the browser looks at each, and one without it parts Swagger UI from its sign-in page
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const REQUEST_ID = new RegExp(REQUEST_ID_PATTERN);

/** The gateway's id, so that one id finds a request in every log; anything that could not be one is not taken. */
function genReqId(request: IncomingMessage): string {
  const id = request.headers['x-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : randomUUID();
}
