import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { type FailureGroup, listFailures } from '../images/failures.queries.ts';
import { SheetImage, sheetBody } from '../images/sheet.body.ts';
import { listSheet, type SheetRow } from '../images/sheet.queries.ts';
import type { ThumbUrls } from '../images/thumb.ts';
import { wordsOfProblem } from '../pipeline/problem-words.ts';
import { UPLOAD_HOST } from '../pipeline/uploaded-source.ts';
import { batchStateOf } from './batch.queries.ts';
import { batchKey, noSuchBatch } from './status.routes.ts';

const Count = Type.Integer({ minimum: 0 });

const Failures = Type.Object(
  {
    code: Type.String(),
    title: Type.String({ description: 'A heading of a few words' }),
    sentence: Type.String({ description: 'What is wrong' }),
    advice: Type.String({ description: 'What to do' }),
    try_again: Type.Boolean({ description: 'Whether a retry may help without a correction' }),
    count: Count,
    host_count: Count,
    hosts: Type.Array(Type.Object({ host: Type.String(), count: Count }), {
      description: 'The hosts with the most of these images, at most 10',
    }),
    images: Type.Array(Type.Object({ ...SheetImage.properties, source_url: Type.String() }), {
      description: 'Three of the first ones',
    }),
  },
  { 'x-name': 'FailureGroup' },
);

export const failureRoutes: FastifyPluginAsyncTypebox<ThumbUrls & { db: Db }> = async (app, parts) => {
  const { db } = parts;

  app.get(
    '/v1/batches/:id/failures',
    {
      schema: {
        summary: 'The failed images of a batch by error code, with what to do, most frequent first',
        params: Type.Object({ id: Type.String() }),
        response: {
          200: Type.Object({ items: Type.Array(Failures), next_cursor: Type.Null() }),
          404: ProblemAnswer,
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const key = batchKey(tenantOf(request), id);
      if ((await batchStateOf(db, key)) === undefined) throw noSuchBatch(id);
      const groups = await listFailures(db, key);
      const slots = groups.flatMap((group) => group.slots);
      const images = await listSheet(db, { ...key, slots, afterSlot: 0, limit: slots.length });
      const bySlot = new Map(images.map((image) => [image.slot, image]));
      return { items: groups.map((group) => failuresBody(group, bySlot, parts)), next_cursor: null };
    },
  );
};

function failuresBody(
  { code, count, host_count, hosts, slots }: FailureGroup,
  bySlot: Map<number, SheetRow>,
  urls: ThumbUrls,
): Static<typeof Failures> {
  const images = slots.flatMap((slot) => bySlot.get(slot) ?? []);
  const areFiles = host_count === 1 && hosts[0]?.host === UPLOAD_HOST;
  const { title, sentence, advice, try_again } = wordsOfProblem(code, areFiles ? images[0]?.url : undefined);
  return {
    code,
    title,
    sentence,
    advice,
    try_again,
    count,
    host_count,
    hosts,
    images: images.map((image) => Object.assign(sheetBody(image, urls), { source_url: image.url })),
  };
}
