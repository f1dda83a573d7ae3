import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { findBatch } from '../batches/batch.queries.ts';
import { Batch, batchBody, completedBody, type StoredBody } from '../batches/batch.body.ts';
import type { MoveRules } from '../batches/move-on.ts';
import type { Database } from '../db/database.ts';
import type { Guard } from '../net/guard.ts';
import type { Endpoint } from '../webhooks/endpoints.ts';
import { newSecret } from '../webhooks/signing.ts';
import { Problem } from '../errors.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { listPresets } from '../presets/preset.queries.ts';
import type { Preset } from '../presets/spec.ts';
import { type Acceptance, acceptUpload } from './accept.ts';
import { type StagedUpload, stageUpload } from './staged-upload.ts';
import { type Doing, type KeepAnswer, onlyOnce } from './idempotency.ts';
import { freshForSOf, presetOf, requestDigests, requestSha256, UploadOptions } from './options.ts';
import { measured } from './reading.ts';
import { type Received, receiveUpload } from './receive.ts';

/** Only the file: /docs fills in each further field, and would send "string" as callback_url. */
const UploadForm = Type.Object(
  { file: Type.String({ format: 'binary', description: 'The CSV' }) },
  { nullable: true }, // to the framework there is no body: the route reads the form as it arrives
);

export const UPLOAD_BODY = {
  content: { 'multipart/form-data': { schema: UploadForm }, 'text/csv': { schema: {} } },
};

const Accepted = Type.Object({
  ...Batch.properties,
  webhook_secret: Type.Optional(
    Type.String({
      description: 'With callback_url: verifies its webhook. It is told here once and never again',
    }),
  ),
});
type Accepted = Static<typeof Accepted>;

export type UploadParts = {
  database: Database;
  feed: MoveRules;
  guard: Guard;
  publicUrl: string;
  tenantId: number;
  /** a folder for uploads on their way */
  folder: string;
  maxUploadBytes: number;
};

const POLL_AFTER_S = 2;

export const uploadRoutes: FastifyPluginAsyncTypebox<UploadParts> = async (app, parts) => {
  const { tenantId, folder } = parts;
  const { db } = parts.database;
  const receiving = { schema: UploadOptions, folder };
  app.post(
    '/v1/batches',
    {
      bodyLimit: parts.maxUploadBytes + 1024 * 1024,
      schema: {
        summary: 'Upload a CSV',
        description:
          'As multipart/form-data with the part `file` and the options as fields in any order, or as text/csv with the options in the query. ' +
          'Either everything is stored and work begins, or nothing is and all errors are told.',
        body: UPLOAD_BODY,
        querystring: UploadOptions,
        headers: Type.Object({
          'idempotency-key': Type.Optional(
            Type.String({
              description: 'The same request with the same key is done once, and answered alike for 24 h',
            }),
          ),
        }),
        response: {
          202: Accepted,
          400: ProblemAnswer,
          409: ProblemAnswer,
          413: ProblemAnswer,
          415: ProblemAnswer,
          422: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key'];
      const { answer, isReplay } = await onlyOnce(db, { tenantId, key }, doing(request)).catch(
        (error: unknown) => {
          request.raw.resume(); // most clients read an answer only when they have sent everything
          throw error;
        },
      );
      if (isReplay) reply.header('idempotency-replayed', 'true');
      return reply
        .code(202)
        .header('location', answer.links.self)
        .header('retry-after', POLL_AFTER_S)
        .send(answer);
    },
  );

  function doing(request: FastifyRequest): Doing<Accepted> {
    return {
      async digests() {
        const { result, options } = await receiveUpload(request, receiving, (chunks) =>
          hashed(chunks, parts.maxUploadBytes),
        );
        return requestDigests(result.sha256, options);
      },
      async act(keep) {
        const presets = await listPresets(db, tenantId);
        const rules = { tenantId, folder, maxBytes: parts.maxUploadBytes, allowPaths: false, presets };
        const upload = await receiveUpload(request, receiving, (chunks, reading) => {
          const preset = presets.find(({ name }) => name === reading.presetName);
          return stageUpload(chunks, { ...rules, ...reading, preset });
        });
        await using staged = upload.result;
        return await accept(staged, upload, { presets, keep });
      },
      read: (stored) => completedBody(stored as StoredBody),
    };
  }

  async function accept(
    staged: StagedUpload,
    { options, fileName }: Received<StagedUpload>,
    { presets, keep }: { presets: readonly Preset[]; keep: KeepAnswer<Accepted> },
  ): Promise<Accepted> {
    const callback = callbackOf(options.callback_url, parts.guard);
    let answer: Accepted | undefined;
    const acceptance: Acceptance = {
      tenantId,
      name: options.name ?? (fileName || 'upload.csv'),
      fileName: fileName || undefined,
      preset: presetOf(options, presets),
      nameTemplate: options.name_template,
      isForced: options.force,
      freshForS: freshForSOf(options),
      deadlineHours: options.deadline_hours,
      callback,
      async onStored(trx, batch) {
        const row = await findBatch(trx, batch);
        if (!row) throw new Error('an accepted batch is not there');
        answer = {
          ...batchBody(row, parts.publicUrl),
          ...(callback && { webhook_secret: callback.secret }),
        };
        await keep(trx, requestSha256(staged.sha256, options), answer);
      },
    };
    await acceptUpload(parts.database, staged, acceptance, parts.feed);
    if (!answer) throw new Error('an accepted batch has no answer');
    return answer;
  }
};

async function hashed(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<{ sha256: Buffer } & AsyncDisposable> {
  const meter = measured(chunks, maxBytes);
  for await (const chunk of meter.chunks) void chunk;
  return { ...meter.result(), async [Symbol.asyncDispose]() {} };
}

/** @throws Problem `bad_request` */
export function callbackOf(url: string | undefined, guard: Guard): Endpoint | undefined {
  if (!url) return undefined;
  const checked = guard.checkReceiver(url);
  if ('refused' in checked)
    throw new Problem('bad_request', { detail: `callback_url cannot be used: ${checked.why}.` });
  return { url, secret: newSecret() };
}
