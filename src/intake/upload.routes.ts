import multipart from '@fastify/multipart';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { basename } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { findBatch } from '../batches/batch.queries.ts';
import { Batch, batchBody } from '../batches/batch.body.ts';
import type { FeedRules } from '../batches/feed.ts';
import type { Database } from '../db/database.ts';
import type { Guard } from '../net/guard.ts';
import type { Endpoint } from '../webhooks/endpoints.ts';
import { newSecret } from '../webhooks/signing.ts';
import { Problem, systemCode } from '../errors.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { DEFAULT_PRESET } from '../presets/builtin.ts';
import { listPresets, noSuchPreset } from '../presets/preset.queries.ts';
import type { Preset } from '../presets/spec.ts';
import { acceptDraft } from './accept.ts';
import { type Draft, draftUpload } from './draft.ts';

const UploadOptions = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'Name of the batch; the name of the file if it is left out',
      }),
    ),
    preset: Type.Optional(
      Type.String({ maxLength: 64, description: 'Which renditions to make', default: DEFAULT_PRESET }),
    ),
    callback_url: Type.Optional(
      Type.String({
        maxLength: 2000,
        description: 'Gets a signed webhook when the batch ends, instead of WEBHOOK_URL',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Only the file: /docs fills in each further field, and would send "string" as callback_url. */
const UploadForm = Type.Object(
  { file: Type.String({ format: 'binary', description: 'The CSV' }) },
  { nullable: true }, // to the framework there is no body: the route reads the form as it arrives
);

const Accepted = Type.Object({
  ...Batch.properties,
  webhook_secret: Type.Optional(
    Type.String({
      description: 'With callback_url: verifies its webhook. It is told here once and never again',
    }),
  ),
});
type UploadOptions = Static<typeof UploadOptions>;

export type UploadParts = {
  database: Database;
  feed: FeedRules;
  guard: Guard;
  publicUrl: string;
  tenantId: number;
  /** a folder for uploads on their way */
  folder: string;
  maxUploadBytes: number;
};

const CSV_TYPES = [
  'text/csv',
  'application/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/vnd.ms-excel',
];
const POLL_AFTER_S = 2;

export const uploadRoutes: FastifyPluginAsyncTypebox<UploadParts> = async (app, parts) => {
  await app.register(multipart, {
    throwFileSizeLimit: false, // the bytes are counted where they are read
    limits: { fileSize: Number.MAX_SAFE_INTEGER, files: 1, fields: 20, parts: 21, fieldSize: 64 * 1024 },
  });
  app.addContentTypeParser(CSV_TYPES, (_request, payload, done) => done(null, payload));

  app.post(
    '/v1/batches',
    {
      bodyLimit: parts.maxUploadBytes + 1024 * 1024,
      schema: {
        summary: 'Upload a CSV',
        description:
          'As multipart/form-data with the part `file` and the options as fields in any order, or as text/csv with the options in the query. ' +
          'Either everything is stored and work begins, or nothing is and all errors are told.',
        body: { content: { 'multipart/form-data': { schema: UploadForm }, 'text/csv': { schema: {} } } },
        querystring: UploadOptions,
        response: {
          202: Accepted,
          400: ProblemAnswer,
          413: ProblemAnswer,
          415: ProblemAnswer,
          422: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const presets = await listPresets(parts.database.db, parts.tenantId);
      await using upload = await readUpload(request, { ...parts, presets });
      const preset = presetNamed(upload.options.preset ?? DEFAULT_PRESET, presets);
      const name = upload.options.name || upload.fileName || 'upload.csv';
      const callback = callbackOf(upload.options.callback_url, parts.guard);
      const acceptance = { tenantId: parts.tenantId, name, preset, callback };
      const key = await acceptDraft(parts.database, upload.draft, acceptance, parts.feed);
      const row = await findBatch(parts.database.db, key);
      if (!row) throw new Error('an accepted batch is not there');
      const body = {
        ...batchBody(row, parts.publicUrl),
        ...(callback && { webhook_secret: callback.secret }),
      };
      return reply
        .code(202)
        .header('location', body.links.self)
        .header('retry-after', POLL_AFTER_S)
        .send(body);
    },
  );
};

/** @throws Problem `bad_request` */
function presetNamed(name: string, presets: readonly Preset[]): Preset {
  const found = presets.find((preset) => preset.name === name);
  if (found) return found;
  throw new Problem('bad_request', { detail: noSuchPreset(name, presets) });
}

/** @throws Problem `bad_request` */
function callbackOf(url: string | undefined, guard: Guard): Endpoint | undefined {
  if (!url) return undefined;
  const checked = guard.check(url);
  if ('refused' in checked)
    throw new Problem('bad_request', { detail: `callback_url cannot be used: ${checked.why}.` });
  return { url, secret: newSecret() };
}

type ReadingParts = UploadParts & { presets: readonly Preset[] };

type Upload = { draft: Draft; options: UploadOptions; fileName: string | undefined } & AsyncDisposable;

async function readUpload(request: FastifyRequest, parts: ReadingParts): Promise<Upload> {
  if (request.isMultipart()) return readMultipart(request, parts);
  const body = request.body as Readable | undefined;
  if (!body || typeof body[Symbol.asyncIterator] !== 'function')
    throw new Problem('unsupported_media_type', {
      detail:
        'Send the CSV as multipart/form-data with the part "file", or as the body with Content-Type: text/csv.',
    });
  const draft = await draftOf(body, parts);
  const options = request.query as UploadOptions;
  return { draft, options, fileName: undefined, [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose]() };
}

async function readMultipart(request: FastifyRequest, parts: ReadingParts): Promise<Upload> {
  const fields: Record<string, unknown> = { ...(request.query as UploadOptions) };
  await using stack = new AsyncDisposableStack();
  let draft: Draft | undefined;
  let fileName: string | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = part.value;
      else if (part.fieldname === 'file') {
        draft = stack.use(await draftOf(part.file, parts));
        fileName = basename(part.filename ?? '');
      } else
        throw new Problem('bad_request', {
          detail: `The file must be in the part "file", not "${part.fieldname}".`,
        });
    }
  } catch (error) {
    throw isOfForm(error) ? brokenOff(error) : error;
  }
  if (!draft)
    throw new Problem('bad_request', { detail: 'The form has no file: send the CSV in the part "file".' });
  const options = readOptions(fields);
  const keep = stack.move();
  return { draft, options, fileName, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

/** @throws Problem `bad_request` that names what is not an option */
function readOptions(fields: Record<string, unknown>): UploadOptions {
  const unknown = Object.keys(fields).filter((name) => !(name in UploadOptions.properties));
  if (unknown.length > 0)
    throw new Problem('bad_request', {
      detail: `Unknown option: ${unknown.join(', ')}. This version takes ${Object.keys(UploadOptions.properties).join(', ')}.`,
    });
  if (Value.Check(UploadOptions, fields)) return fields;
  const [first] = Value.Errors(UploadOptions, fields);
  throw new Problem('bad_request', {
    detail: `An option is not valid: ${first?.instancePath.slice(1)} ${first?.message}.`,
  });
}

async function draftOf(stream: Readable, parts: ReadingParts): Promise<Draft> {
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncGenerator<Buffer>;
  try {
    return await draftUpload(chunks, {
      tenantId: parts.tenantId,
      folder: parts.folder,
      maxBytes: parts.maxUploadBytes,
      allowPaths: false,
      presets: parts.presets,
    });
  } catch (error) {
    // Most clients read an answer only when they have sent everything, so the rest is read and dropped.
    await chunks.return(undefined);
    if (!stream.destroyed) stream.resume();
    throw error;
  }
}

/** The form's parser throws plain errors without a code; a cut connection shows as one of Node's. */
function isOfForm(error: unknown): boolean {
  const code = systemCode(error);
  const isPlain = error instanceof Error && error.constructor === Error && code === undefined;
  return isPlain || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function brokenOff(error: unknown): Problem {
  return new Problem('bad_request', {
    detail: `The upload is not complete multipart/form-data: ${error instanceof Error ? error.message : 'it broke off'}.`,
    cause: error,
  });
}
