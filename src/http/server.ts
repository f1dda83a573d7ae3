import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Problem, systemCode } from '../errors.ts';
import { hasMeaning, inWords, type SchemaError } from '../schema-words.ts';
import { refuseForeigners } from './local-only.ts';
import { sendProblem } from './problem.ts';
import { troubleOf } from './trouble.ts';

export type Server = Awaited<ReturnType<typeof createServer>>;

export type ServerOptions = {
  /** where users reach us */
  publicUrl: string;
  version: string;
  log: Logger;
};

const REQUEST_TIMEOUT_MS = 600_000; // an upload of 1 GiB at 2 MB/s; Fastify's default is none at all
const CLOSE_GRACE_MS = 5_000;

/** The HTTP server without its routes: documents, safety, and one form for everything that goes wrong. */
export async function createServer({ publicUrl, version, log }: ServerOptions) {
  const app = Fastify({
    loggerInstance: log.child({}, { level: log.level === 'info' ? 'warn' : log.level }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { removeAdditional: false } }, // an option that is not known is told, not dropped
    schemaErrorFormatter: (errors, where) =>
      new Error(
        errors
          .filter(hasMeaning)
          .map((error) => flawOf(error, where))
          .join(' '),
      ),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.addHook('onRequest', refuseForeigners(publicUrl));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new Problem('not_found', { detail: `There is no ${request.method} ${request.url.split('?')[0]}.` }),
    ),
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
  if (error.statusCode !== undefined && error.statusCode < 500)
    return sendProblem(reply, new Problem('bad_request', { detail: sentence(error.message) }));
  if (request.raw.socket.destroyed) {
    request.log.debug({ code: error.code }, 'a client broke off');
    return reply.hijack(); // nobody reads an answer
  }
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

/** @param where such as querystring */
function flawOf(error: SchemaError, where: string): string {
  const at = error.instancePath.slice(1).replaceAll('/', '.');
  const part = where === 'querystring' ? 'query' : where;
  return `${at === '' ? `The ${part}` : `${at} in the ${part}`}: ${inWords(error)}`;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
