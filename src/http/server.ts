import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { LogController } from 'fastify';
import type { Logger } from 'pino';
import { Problem, systemCode } from '../errors.ts';
import { continueLate } from './continue.ts';
import { sendError } from './error-handler.ts';
import { refuseForeigners } from './local-only.ts';
import { malformed, MAX_HEADER_BYTES, rawAnswers, refuseExpectations } from './malformed.ts';
import { createRouteFinder } from './methods.ts';
import { type EventDocument } from './document/events.ts';
import { documentOptions } from './document/document.ts';
import { refuseUnwantedBody } from './no-body.ts';
import { sendProblem } from './problem.ts';
import { refuseWrongQuery } from './queries.ts';
import { nameRequest, requestIdOf } from './request-id.ts';
import { serializerCompiler } from './serialize.ts';
import { CLIENT_LIMITS, type ClientLimits, endSlowClients } from './slow-clients.ts';
import { validatorCompiler } from './validate.ts';

export type Server = Awaited<ReturnType<typeof createServer>>;

export type ServerOptions = {
  /** base URL for users */
  publicUrl: string;
  version: string;
  log: Logger;
  /** whether requests without an API key are refused at the moment */
  needsKeys?: () => boolean;
  /** networks of the proxies whose `X-Forwarded-…` headers count */
  trustProxy?: string[] | undefined;
  limits?: ClientLimits;
  /** the events that webhooks tell, for the document, by their types */
  events?: Readonly<Record<string, EventDocument>>;
};

const ROUTER = { ignoreTrailingSlash: true, maxParamLength: 200 };
const CLOSE_GRACE_MS = 5_000;

/** The HTTP server without its routes: documentation, security headers, and problem responses for all errors. */
export async function createServer({
  publicUrl,
  version,
  log,
  needsKeys = () => false,
  trustProxy,
  limits = CLIENT_LIMITS,
  events = {},
}: ServerOptions) {
  const app = Fastify({
    loggerInstance: log.child({}, { level: log.level === 'info' ? 'warn' : log.level }),
    http: {
      headersTimeout: limits.headersMs,
      requestTimeout: 0, // bodies have a minimum rate instead
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false, // refuseForeigners reports it with a sentence
    },
    connectionTimeout: limits.unreadMs,
    clientErrorHandler: (error, socket) => {
      const problem = malformed(error);
      if (problem) answerRaw(socket, problem);
      else socket.destroy();
    },
    frameworkErrors: (error, request, reply) => sendError(error, request, reply),
    trustProxy: trustProxy ?? false,
    forceCloseConnections: 'idle',
    genReqId: requestIdOf,
    logController: new LogController({ requestIdLogLabel: 'request_id' }),
    routerOptions: ROUTER,
  }).withTypeProvider<TypeBoxTypeProvider>();
  const answerRaw = rawAnswers(app.server);
  endSlowClients(app.server, limits, answerRaw);
  refuseExpectations(app.server, answerRaw);
  app.addHook('preParsing', refuseWrongQuery); // after access is known, before a body is asked for
  app.addHook('preParsing', continueLate(app.server));
  app.addHook('preValidation', refuseUnwantedBody);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', nameRequest);
  app.addHook('onRequest', refuseForeigners(publicUrl, needsKeys));
  const { onRoute, refuseUnknownRoute } = createRouteFinder(ROUTER);
  app.addHook('onRoute', onRoute);
  app.addHook('onRequest', refuseUnknownRoute);
  app.setErrorHandler(sendError);
  // The path has a route, but the file does not exist.
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new Problem('not_found', { detail: `There is no ${request.url.split('?')[0]}.` })),
  );
  await app.register(helmet, {
    // upgrade-insecure-requests would break plain http on an intranet
    contentSecurityPolicy: {
      directives: { upgradeInsecureRequests: null, imgSrc: ["'self'", 'data:', 'blob:'] },
    },
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: 'cross-origin' }, // renditions are embedded in pages of other sites
  });
  await app.register(swagger, documentOptions({ publicUrl, version, events }));
  app.addHook('onRoute', (route) => {
    if (/^\/docs(\/|$)/.test(route.url)) route.config = { ...route.config, access: 'public' };
  });
  // Our CSP applies: its own one (staticCSP) upgrades to https, and blocks its own styles.
  await app.register(swaggerUi, { routePrefix: '/docs', theme: { title: 'Minilab API' } });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger());
  return app;
}

/** Starts listening. @throws Problem `port_taken`, `bad_settings` */
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

/** Closes open connections after a grace period, so that a slow client cannot keep the process alive. */
export async function closeServer(app: Server): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  await app.close().finally(() => clearTimeout(force));
}
