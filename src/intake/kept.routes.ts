import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { audited, auditRequest } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { sendContinue } from '../http/continue.ts';
import { publicId } from '../ids.ts';
import { refuseRevoked, tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import type { Consumer } from './consume.ts';
import type { KeptFiles } from './kept-files.ts';
import { deleteUpload, listUploads, type UploadKey, uploadKey, type WholeUpload } from './kept-uploads.ts';
import { KeepOptions } from './option-schemas.ts';
import { receiveUpload } from './receive.ts';
import { UPLOAD_BODY } from './upload.routes.ts';

const UploadBody = Type.Object(
  {
    upload_id: Type.String({ description: 'For the option `upload` of POST /v1/batches and its preview' }),
    name: Type.String({ description: 'Of the file; empty if the request does not give one' }),
    bytes: Type.Integer({ description: 'Of the file, decompressed' }),
    sha256: Type.String({ description: 'Of the file, hexadecimal' }),
    created_at: Type.String({ format: 'date-time' }),
    expires_at: Type.String({ format: 'date-time', description: 'An hour after the file had arrived' }),
  },
  { 'x-name': 'Upload' },
);

const OfUpload = { params: Type.Object({ id: Type.String() }) };

type KeptRouteParts = { db: Db; kept: KeptFiles; maxUploadBytes: number; publicUrl: string };

/** Needs the body parsers of acceptUploads. */
export const keptRoutes: FastifyPluginAsyncTypebox<KeptRouteParts> = async (
  app,
  { db, kept, maxUploadBytes, publicUrl },
) => {
  app.post(
    '/v1/uploads',
    {
      bodyLimit: maxUploadBytes + 1024 * 1024,
      config: { audit: 'upload.create', asksForBody: true },
      schema: {
        summary: 'Keep a CSV for an hour, to preview it and to make a batch of it without sending it again',
        description:
          'As multipart/form-data with the part `file`, or as text/csv with `name` in the query. The file is not read as a CSV. ' +
          'A tenant may keep 20 uploads, with the bytes of five of the largest.',
        body: UPLOAD_BODY,
        querystring: KeepOptions,
        response: {
          201: UploadBody,
          400: ProblemAnswer,
          413: ProblemAnswer,
          415: ProblemAnswer,
          429: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      try {
        const body = await keep(request);
        return reply.code(201).header('location', `${publicUrl}/v1/uploads/${body.upload_id}`).send(body);
      } catch (error) {
        request.raw.resume(); // most clients read a response only after they have sent the whole request
        throw error;
      }
    },
  );

  async function keep(request: FastifyRequest): Promise<Static<typeof UploadBody>> {
    const announced = Number(request.headers['content-length'] ?? 0);
    const place = await kept.reserve(tenantOf(request), Math.min(announced, maxUploadBytes));
    sendContinue(request);
    try {
      const write: Consumer<{ bytes: number; sha256: Buffer }> = (chunks) => kept.write(place, chunks);
      const received = await receiveUpload(request, { schema: KeepOptions, folder: undefined }, write);
      await refuseRevoked(request);
      const name = received.options.name ?? received.fileName ?? '';
      const file = { ...received.result, name };
      const acted = {
        objectId: publicId('upl', place.uploadId),
        details: { name: file.name, bytes: file.bytes },
      };
      return bodyOf(await kept.keep(place, file, (trx) => auditRequest(trx, request, acted)));
    } catch (error) {
      await kept.abandon(place).catch(() => {}); // a row that stays expires, and its file is a leftover
      throw error;
    }
  }

  app.get(
    '/v1/uploads',
    {
      schema: {
        summary: 'Kept uploads, newest first',
        response: { 200: Type.Object({ items: Type.Array(UploadBody), next_cursor: Type.Null() }) },
      },
    },
    async (request) => {
      const rows = await listUploads(db, tenantOf(request));
      return { items: rows.map(bodyOf), next_cursor: null };
    },
  );

  app.get(
    '/v1/uploads/:id',
    {
      schema: {
        summary: 'A kept upload',
        ...OfUpload,
        response: { 200: UploadBody, 404: ProblemAnswer, 410: ProblemAnswer },
      },
    },
    async (request) => bodyOf(await kept.find(keyOf(request))),
  );

  app.delete(
    '/v1/uploads/:id',
    {
      config: { audit: 'upload.delete' },
      schema: {
        summary: 'Remove a kept upload now. Batches that were made of it stay',
        ...OfUpload,
        response: { 204: Type.Null(), 404: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const key = keyOf(request);
      await audited(request, db, (trx) => deleteUpload(trx, key));
      await kept.removeFile(key);
      return reply.code(204).send(null);
    },
  );
};

/** @throws Problem `not_found` */
function keyOf(request: FastifyRequest<{ Params: { id: string } }>): UploadKey {
  return uploadKey(tenantOf(request), request.params.id);
}

function bodyOf({ upload_id, name, bytes, sha256, created_at, expires_at }: WholeUpload) {
  return {
    upload_id: publicId('upl', upload_id),
    name,
    bytes,
    sha256: sha256.toString('hex'),
    created_at: created_at.toISOString(),
    expires_at: expires_at.toISOString(),
  };
}
