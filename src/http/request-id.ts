import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

// Nothing that could break a line of the log or fill it.
const WELL_FORMED = /^[\w.-]{8,64}$/;

/**
 * The id of a request in the log and in its response. A proxy or client that sends a well-formed
 * `X-Request-Id` finds its own id in both; nothing depends on its being unique or true.
 */
export function requestIdOf({ headers }: { headers: IncomingHttpHeaders }): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : `req_${randomUUID()}`;
}

/** Names the request in every response. */
export async function nameRequest({ id }: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.header('x-request-id', id);
}
