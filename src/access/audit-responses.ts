import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Db } from '../db/database.ts';
import { entryOf, writeAudit } from './audit.ts';

/**
 * An onSend hook that writes the rows of actions that were not written in a transaction of their own, and of
 * requests that a key may not send. A row that cannot be written is logged instead: the action has happened,
 * and its client must learn that.
 */
export function auditResponses(db: Db) {
  return async <T>(request: FastifyRequest, { statusCode: status }: FastifyReply, payload: T): Promise<T> => {
    const { audit } = request.routeOptions.config;
    const isRecorded = status < 400 ? !request.isAudited : request.lacksScope;
    if (audit === undefined || !request.principal || !isRecorded) return payload;
    const entry = entryOf(request, status);
    await writeAudit(db, entry).catch((error: unknown) => {
      request.log.error({ err: error, entry }, 'an action has no row in the audit log');
    });
    return payload;
  };
}
