import type { FastifyRequest } from 'fastify';

/** Whether the principal of a request that takes long (a stream, a long poll) may still see what it saw at its begin. */
export async function isStillAllowed({ principal }: FastifyRequest): Promise<boolean> {
  return principal !== undefined;
}
