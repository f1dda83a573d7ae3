import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Problem, systemCode } from '../errors.ts';
import { refuseForeigners } from './local-only.ts';
import { malformed, MAX_HEADER_BYTES, rawAnswers, refuseExpectations, tooLongUrl } from './malformed.ts';
import { createRouteFinder } from './methods.ts';
import { sendProblem } from './problem.ts';
import { refuseUnknownQuery } from './queries.ts';
import { CLIENT_LIMITS, type ClientLimits, endSlowClients } from './slow-clients.ts';
import { withStatuses } from './statuses.ts';
import { troubleOf } from './trouble.ts';
import { schemaErrorFormatter, validatorCompiler } from './validate.ts';

export type Server = Awaited<ReturnType<typeof createServer>>;

export type ServerOptions = {
  /** where users reach us */
  publicUrl: string;
  version: string;
  log: Logger;
  limits?: ClientLimits;
};

const ROUTER = { ignoreTrailingSlash: true, maxParamLength: 200 };
const CLOSE_GRACE_MS = 5_000;

/** The HTTP server without its routes: documents, safety, and one form for everything that goes wrong. */
export async function createServer({ publicUrl, version, log, limits = CLIENT_LIMITS }: ServerOptions) {
  const app = Fastify({
    loggerInstance: log.child({}, { level: log.level === 'info' ? 'warn' : log.level }),
    http: {
      headersTimeout: limits.headersMs,
      requestTimeout: 0, // bodies have a least rate instead
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false, // refuseForeigners says it in words
    },
    connectionTimeout: limits.unreadMs,
    clientErrorHandler: (error, socket) => {
      const problem = malformed(error);
      if (problem) answerRaw(socket, problem);
      else socket.destroy();
    },
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    forceCloseConnections: 'idle',
    schemaErrorFormatter,
    routerOptions: ROUTER,
  }).withTypeProvider<TypeBoxTypeProvider>();
  const answerRaw = rawAnswers(app.server);
  endSlowClients(app.server, limits, answerRaw);
  refuseExpectations(app.server, answerRaw);
  app.setValidatorCompiler(validatorCompiler);
  app.addHook('onRequest', refuseForeigners(publicUrl));
  const { onRoute, refuseUnknownRoute } = createRouteFinder(ROUTER);
  app.addHook('onRoute', onRoute);
  app.addHook('onRequest', refuseUnknownRoute);
  app.addHook('onRequest', refuseUnknownQuery);
  app.setErrorHandler(answerError);
  // Of a path that has a route: a file that is not there.
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new Problem('not_found', { detail: `There is no ${request.url.split('?')[0]}.` })),
  );
  await app.register(helmet, {
    // upgrade-insecure-requests would break plain http on an intranet
    contentSecurityPolicy: {
      directives: { upgradeInsecureRequests: null, imgSrc: ["'self'", 'data:', 'blob:'] },
    },
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' }, // renditions are for other sites' pages
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Minilab',
        version,
        description: 'Turns a spreadsheet of products and image URLs into finished product images.',
      },
      servers: [{ url: publicUrl }],
    },
    transform: withStatuses,
  });
  // Its own policy (staticCSP) upgrades to https and blocks styles of its own: it lives under ours.
  await app.register(swaggerUi, { routePrefix: '/docs', theme: { title: 'Minilab API' } });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));
  return app;
}

/** Listens, or says in a sentence why it cannot. @throws Problem `port_taken`, `bad_settings` */
export async function listen(app: Server, { host, port }: { host: string; port: number }): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EADDRINUSE')
      throw new Problem('port_taken', {
        detail: `Port ${port} on ${host} is in use by another program. Choose another one: PORT=${port + 1}.`,
        cause: error,
      });
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
      throw new Problem('bad_settings', {
        detail: `Minilab may not listen on ${host}, port ${port} (${code}). Choose another HOST or PORT.`,
        cause: error,
      });
    throw error;
  }
}

/** Ends open requests after a grace, so that a slow client cannot hold the process. */
export async function closeServer(app: Server): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  await app.close().finally(() => clearTimeout(force));
}

function answerError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Problem) return sendProblem(reply, error);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return sendProblem(reply, new Problem('payload_too_large', { detail: 'The request is too large.' }));
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return sendProblem(
      reply,
      new Problem('unsupported_media_type', {
        detail: `The content type ${request.headers['content-type']} is not understood here.`,
      }),
    );
  if (error.code === 'FST_ERR_BAD_URL')
    return sendProblem(
      reply,
      new Problem('bad_request', {
        detail: 'The path cannot be read: behind each % stand two hexadecimal digits of UTF-8.',
      }),
    );
  if (error.code === 'FST_ERR_MAX_PARAM_LENGTH') return sendProblem(reply, tooLongUrl());
  if (error.statusCode === 416 || error.statusCode === 412)
    return sendProblem(reply.headers(headersOf(error)), notOfTheFile(error.statusCode));
  if (error.statusCode !== undefined && error.statusCode < 500)
    return sendProblem(reply, new Problem('bad_request', { detail: sentence(error.message) }));
  if (request.raw.socket.destroyed) {
    request.log.debug({ code: error.code }, 'a client broke off');
    return reply.hijack(); // nobody reads an answer
  }
  if (request.raw.destroyed && !request.raw.complete)
    return sendProblem(reply, new Problem('bad_request', { detail: 'The request broke off.' }));
  const trouble = troubleOf(error);
  if (trouble) {
    request.log.warn({ code: trouble.code, because: error.message }, 'a request cannot be answered just now');
    return sendProblem(reply, trouble);
  }
  request.log.error({ err: error }, 'a request failed');
  // PostgreSQL's class of data exceptions
  if (error.code?.startsWith('22'))
    return sendProblem(
      reply,
      new Problem('bad_request', {
        detail: 'A value of the request cannot be used: it holds a NUL, or is too large.',
      }),
    );
  return sendProblem(
    reply,
    new Problem('internal_error', {
      detail: `The request could not be answered; the log of the server says why, at ${request.id}.`,
    }),
  );
}

/** Such as `Content-Range`, in which a range that lies behind the end is told where that is. */
function headersOf(error: FastifyError & { headers?: Record<string, string> }): Record<string, string> {
  return error.headers ?? {};
}

function notOfTheFile(status: 412 | 416): Problem {
  return status === 416
    ? new Problem('range_not_satisfiable', { detail: 'The file ends before the range begins.' })
    : new Problem('precondition_failed', { detail: 'The file is not the one that the request asks for.' });
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
