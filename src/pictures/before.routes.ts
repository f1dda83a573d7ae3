import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { problems } from '../http/document/problems.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { whileConnected } from '../http/while-connected.ts';
import { uuidOf } from '../ids.ts';
import { findImage } from '../images/image.queries.ts';
import type { Befores } from './befores.ts';

const WIDTH = { least: 64, most: 2_048, usual: 1_600 };

export const beforeRoutes: FastifyPluginAsyncTypebox<{ db: Db; befores: Befores }> = async (app, parts) => {
  const { db, befores } = parts;

  app.get(
    '/v1/images/:id/before',
    {
      schema: {
        summary: 'The source of a completed image as its host has it now',
        description:
          'Downloaded again, like any image, and made into a WebP without metadata. Kept for an hour. 409 `source_changed` if the host has another file by now; 502 `source_unavailable` if it cannot be had, with the reason in `errors`; 503 `busy` if the host has no room, or too many pictures are being made.',
        params: Type.Object({ id: Type.String() }),
        querystring: Type.Object({
          width: Type.Optional(
            Type.Integer({
              minimum: WIDTH.least,
              maximum: WIDTH.most,
              default: WIDTH.usual,
              description: 'At most so many pixels; a picture is never enlarged',
            }),
          ),
        }),
        response: {
          200: {
            description: 'The picture',
            content: { 'image/webp': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) } },
          },
          404: ProblemAnswer,
          ...problems('conflict', 'source_changed', 'source_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const { width = WIDTH.usual } = request.query;
      const source = await sourceOf(tenantOf(request), request.params.id);
      const picture = await whileConnected(request.raw.socket, (signal) =>
        befores.picture({ ...source, width }, signal),
      );
      return reply
        .type('image/webp')
        .header('cache-control', 'private, max-age=3600')
        .header('vary', 'Authorization, Cookie')
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cross-origin-resource-policy', 'same-origin')
        .send(picture);
    },
  );

  /** @throws Problem `not_found`, `conflict` */
  async function sourceOf(tenantId: number, id: string) {
    const imageId = uuidOf('img', id);
    const image = imageId === undefined ? undefined : await findImage(db, { tenantId, imageId });
    if (imageId === undefined || !image)
      throw new Problem('not_found', { detail: `There is no image ${id}.` });
    if (!image.source)
      throw new Problem('conflict', {
        detail: `The image has the state ${image.state}, not completed: there is nothing to compare its source with.`,
      });
    return {
      tenantId,
      imageId,
      url: image.url,
      storedAt: image.stored_at ?? undefined,
      sha256: image.source.sha256,
    };
  }
};
