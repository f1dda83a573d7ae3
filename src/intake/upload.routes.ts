import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Acted, auditRequest } from '../access/audit.ts';
import { checkQuotas } from '../access/quotas.ts';
import { Batch, batchBody, completedBody, type StoredBody } from '../batches/batch.body.ts';
import type { BatchRow } from '../batches/batch.queries.ts';
import type { MoveRules } from '../batches/move-on.ts';
import type { Database, Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { sendContinue } from '../http/continue.ts';
import { publicId } from '../ids.ts';
import { refuseRevoked, tenantOf } from '../http/principal.ts';
import { problems } from '../http/document/problems.ts';
import { ProblemAnswer } from '../http/problem.ts';
import type { Guard } from '../net/guard.ts';
import { listPresets } from '../presets/preset.queries.ts';
import type { Preset } from '../presets/spec.ts';
import type { Endpoint } from '../webhooks/endpoints.ts';
import type { Storage } from '../storage/storage.ts';
import { newSecret } from '../webhooks/signing.ts';
import { type Acceptance, acceptUpload } from './accept.ts';
import type { Consumer, KeptReader, Received } from './consume.ts';
import { type KeyLease, replayedAnswer, type StoredAnswer, takeKey } from './idempotency.ts';
import { type KeptFiles, keptReader } from './kept-files.ts';
import { findUpload, uploadKey } from './kept-uploads.ts';
import { UploadOptions } from './option-schemas.ts';
import { freshForSOf, presetsOf } from './options.ts';
import { ARCHIVE_TYPES, receiveUpload, WORKBOOK_TYPE } from './receive.ts';
import { requestDigests, requestSha256 } from './request-digest.ts';
import { type StagedUpload, stageUpload } from './staged-upload.ts';
import { withPicturesStored } from './store-pictures.ts';
import { UploadMeter } from './upload-meter.ts';

/** Only the file: /docs prefills every field that is listed, and would send "string" as callback_url. */
const UploadForm = Type.Object(
  { file: Type.String({ format: 'binary', description: 'The CSV or workbook' }) },
  { nullable: true }, // the framework sees no body: the route reads the form while it arrives
);

export const UPLOAD_BODY = {
  content: {
    'multipart/form-data': { schema: UploadForm },
    'text/csv': { schema: {} },
    'application/json': { schema: {} },
    'application/x-ndjson': { schema: {} },
    'application/xml': { schema: {} },
    [WORKBOOK_TYPE]: { schema: {} },
    [ARCHIVE_TYPES[0]]: { schema: {} },
  },
};

const Accepted = Type.Object(
  {
    ...Batch.properties,
    webhook_secret: Type.Optional(
      Type.String({
        description:
          'With callback_url: the secret that verifies its webhook. It is shown only in this response',
      }),
    ),
  },
  { 'x-name': 'AcceptedBatch' },
);
type Accepted = Static<typeof Accepted>;

export type UploadParts = {
  database: Database;
  feed: MoveRules;
  guard: Guard;
  publicUrl: string;
  /** a folder for temporary files */
  folder: string;
  maxUploadBytes: number;
  kept: KeptFiles;
  storage: Storage;
  maxSourceBytes: number;
};

const POLL_AFTER_S = 2;

export const uploadRoutes: FastifyPluginAsyncTypebox<UploadParts> = async (app, parts) => {
  const { folder, kept } = parts;
  const { db } = parts.database;
  const receiving = { schema: UploadOptions, folder };
  app.post(
    '/v1/batches',
    {
      bodyLimit: parts.maxUploadBytes + 1024 * 1024,
      config: { audit: 'batch.create', asksForBody: true },
      schema: {
        operationId: 'createBatch',
        summary: 'Upload a CSV',
        description:
          'As multipart/form-data with the part `file` and the options as fields in any order, or as text/csv with the options in the query. ' +
          'Instead of a file, `upload` may name one that POST /v1/uploads has kept. ' +
          'Either the whole upload is stored and work begins, or nothing is stored and all errors are listed.',
        body: UPLOAD_BODY,
        querystring: UploadOptions,
        headers: Type.Object({
          'idempotency-key': Type.Optional(
            Type.String({
              description:
                'Makes the request idempotent: a repetition with the same key within 24 h gets the answer to the first one',
            }),
          ),
        }),
        response: {
          202: Accepted,
          400: ProblemAnswer,
          404: ProblemAnswer,
          410: ProblemAnswer,
          413: ProblemAnswer,
          415: ProblemAnswer,
          ...problems('idempotency_key_in_use', 'idempotency_key_reused', 'csv_invalid'),
        },
      },
    },
    async (request, reply) => {
      try {
        const key = await takeKey(db, tenantOf(request), request.headers['idempotency-key']);
        if (key?.is !== 'answered') return accepted(reply, await upload(request, key));
        request.isAudited = true; // by the first request
        sendContinue(request);
        const answer = replayed(key, await digestsOf(request));
        return accepted(reply.header('idempotency-replayed', 'true'), answer);
      } catch (error) {
        request.raw.resume(); // most clients read a response only after they have sent the whole request
        throw error;
      }
    },
  );

  /** Handles the request under the lease of its key, if it has one. */
  async function upload(request: FastifyRequest, lease: KeyLease | undefined): Promise<Accepted> {
    using _lease = lease; // it ends its renewal
    try {
      return await storeUpload(request, lease);
    } catch (error) {
      await lease?.giveBack();
      throw error;
    }
  }

  async function storeUpload(request: FastifyRequest, lease: KeyLease | undefined): Promise<Accepted> {
    const tenantId = tenantOf(request);
    const allowance = await checkQuotas(db, tenantId);
    const presets = await listPresets(db, tenantId);
    const { maxUploadBytes: maxBytes, maxSourceBytes } = parts;
    const rules = { tenantId, folder, maxBytes, maxSourceBytes, allowPaths: false, presets, allowance };
    sendContinue(request);
    const stage: Consumer<StagedUpload> = (chunks, reading) => {
      const [preset, mainPreset] = [reading.presetName, reading.mainPresetName].map((chosen) =>
        presets.find(({ name }) => name === chosen),
      );
      return stageUpload(chunks, { ...rules, ...reading, preset, mainPreset });
    };
    const readKept = keptReader(kept, tenantId, stage);
    const received = await receiveUpload(request, { ...receiving, readKept }, stage);
    const { options } = received;
    await using staged = received.result;
    await refuseRevoked(request);
    const acceptance = {
      ...acceptanceOf(tenantId, received, presets, parts.guard),
      audit: (trx: Db, row: BatchRow) => auditRequest(trx, request, actedOn(row)),
    };
    const answerOf = (row: BatchRow): Accepted => answered(row, acceptance.callback, parts.publicUrl);
    const keyed = lease && { lease, requestSha256: requestSha256(staged.sha256, options), answerOf };
    const accept = () => acceptUpload(parts.database, staged, acceptance, parts.feed, keyed);
    return answerOf(await withPicturesStored({ ...parts, db }, { tenantId, ...staged }, accept));
  }

  /** The digests of a request that may be a repetition: its file is hashed, and not read as a CSV. */
  async function digestsOf(request: FastifyRequest): Promise<Buffer[]> {
    const tenantId = tenantOf(request);
    // A repetition gets its answer also after the upload has expired.
    const readKept: KeptReader<Buffer> = async (id) => {
      const { sha256: result, name: fileName } = await findUpload(db, uploadKey(tenantId, id));
      return { result, fileName };
    };
    const rules = { ...receiving, readKept };
    const { result: sha256, options } = await receiveUpload(request, rules, async (chunks) => {
      const meter = new UploadMeter(chunks, parts.maxUploadBytes);
      for await (const _ of meter.chunks);
      return meter.sha256();
    });
    return requestDigests(sha256, options);
  }
};

function actedOn({ batch_id, name, images }: BatchRow): Acted {
  return { objectId: publicId('bat', batch_id), details: { name, images } };
}

function replayed(key: StoredAnswer, digests: Buffer[]): Accepted {
  return completedBody(replayedAnswer(key, digests) as StoredBody);
}

function accepted(reply: FastifyReply, answer: Accepted): FastifyReply {
  return reply
    .code(202)
    .header('location', answer.links.self)
    .header('retry-after', POLL_AFTER_S)
    .send(answer);
}

function answered(row: BatchRow, callback: Endpoint | undefined, publicUrl: string): Accepted {
  const body = batchBody(row, publicUrl);
  return callback ? { ...body, webhook_secret: callback.secret } : body;
}

/** @throws Problem `bad_request` */
function acceptanceOf(
  tenantId: number,
  { options, fileName }: Received<unknown>,
  presets: readonly Preset[],
  guard: Guard,
): Acceptance {
  const callback = callbackOf(options.callback_url, guard);
  return {
    tenantId,
    name: options.name ?? (fileName || 'upload.csv'),
    fileName: fileName || undefined,
    preset: presetsOf(options, presets).preset,
    apparel: options.apparel,
    nameTemplate: options.name_template,
    isForced: options.force,
    freshForS: freshForSOf(options),
    placeholders: options.placeholders,
    deadlineHours: options.deadline_hours,
    callback,
  };
}

/** @throws Problem `bad_request` */
export function callbackOf(url: string | undefined, guard: Guard): Endpoint | undefined {
  if (!url) return undefined;
  const checked = guard.checkReceiver(url);
  if ('refused' in checked)
    throw new Problem('bad_request', { detail: `callback_url cannot be used: ${checked.why}.` });
  return { url, secret: newSecret() };
}
