import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { batchKey, noSuchBatch } from '../batches/status.routes.ts';
import { faithfulWriter } from '../csv/write-faithful.ts';
import type { Db } from '../db/database.ts';
import { tenantOf } from '../http/principal.ts';
import { type BatchResults, findResults } from './results.queries.ts';

export const OfBatch = { params: Type.Object({ id: Type.String() }) };
type OfBatch = { Params: { id: string } };

/** The batch whose results a request asks for. @throws Problem `not_found` */
export async function openResults(db: Db, request: FastifyRequest<OfBatch>): Promise<BatchResults> {
  const { id } = request.params;
  const results = await findResults(db, batchKey(tenantOf(request), id));
  if (!results) throw noSuchBatch(id);
  return results;
}

/** The media type of a CSV in the encoding of the upload. */
export function typeAsUploaded({ format }: BatchResults): string {
  return `text/csv; charset=${faithfulWriter(format).encoding}`;
}
