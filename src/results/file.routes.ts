import { basename, dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Problem } from '../errors.ts';
import { ProblemAnswer } from '../http/problem.ts';
import type { Thumbs } from '../pictures/thumbs.ts';
import { isThumbKey, KEY } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';

const FILE = { content: { 'image/*': { schema: Type.String({ format: 'binary' }) } } };

export type FileParts = { storage: Storage; thumbs: Thumbs };

/** Serves renditions by their storage keys, and thumbnails, which are made when they are requested first. */
export const fileRoutes: FastifyPluginAsyncTypebox<FileParts> = async (app, { storage, thumbs }) => {
  await app.register(fastifyStatic, { root: '/', serve: false, suppressWarning: true });

  app.get(
    '/files/*',
    {
      config: { access: 'public' }, // keys cannot be guessed, and shops embed the files in their pages
      schema: {
        summary: 'A rendition; the content under a key never changes',
        description:
          'A name may follow the key: /files/{token}/{hash16}/{file}/{name}. The thumbnail 240.webp of a set without a rendition of 200 to 400 pixels is made when it is requested first.',
        params: Type.Object({ '*': Type.String({ description: '`{token}/{hash16}/{file}`' }) }),
        // Shops append "?v=3" and the like to image URLs.
        querystring: Type.Object({}, { additionalProperties: true }),
        response: {
          200: { description: 'The whole file', ...FILE },
          206: { description: 'The requested range', ...FILE },
          304: Type.Null({ description: 'Not modified: the copy of the client is current' }),
          404: ProblemAnswer,
          412: ProblemAnswer,
          416: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const [token, setId, file, name, ...more] = request.params['*'].split('/');
      const key = `${token}/${setId}/${file}`;
      if (!KEY.test(key) || name === '' || more.length > 0) throw noSuchFile();
      const isToBeMade = isThumbKey(key) && (await storage.bytesOf(key)) === undefined;
      if (isToBeMade && !(await thumbs.make(key))) throw noSuchFile();
      const path = storage.localPath(key);
      return reply
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .sendFile(basename(path), dirname(path), { immutable: true, maxAge: '365d', dotfiles: 'deny' });
    },
  );
};

function noSuchFile(): Problem {
  return new Problem('not_found', { detail: 'There is no such file.' });
}
