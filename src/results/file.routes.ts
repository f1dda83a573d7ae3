import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ProblemAnswer } from '../http/problem.ts';
import { whileConnected } from '../http/while-connected.ts';
import { contentTypeOf, isThumbKey, isUploadedKey, KEY, type StorageKey } from '../storage/keys.ts';
import { type FileParts, found, noSuchFile, sendFile } from './send-file.ts';

const FILE = { content: { 'image/*': { schema: Type.String({ format: 'binary' }) } } };

/**
 * Serves renditions by their storage keys, and thumbnails, which are made when they are requested first.
 * `redirects`: whether clients are sent to the bucket.
 */
export const fileRoutes: FastifyPluginAsyncTypebox<FileParts & { redirects: boolean }> = async (
  app,
  { redirects, ...parts },
) => {
  const { storage } = parts;

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
          302: Type.Null({ description: 'Where the file is: a URL of the bucket that lasts an hour' }),
          304: Type.Null({ description: 'Not modified: the copy of the client is current' }),
          404: ProblemAnswer,
          412: ProblemAnswer,
          416: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const key = keyIn(request.params['*']);
      const isRedirected = redirects && request.method === 'GET'; // the URL is signed for GET alone
      return whileConnected(request.raw.socket, async (signal) => {
        if (!isRedirected || !storage.urlOf) return sendFile({ request, reply }, key, parts, signal);
        if (isThumbKey(key)) await found(key, parts, () => storage.look(key, signal));
        const { url, lastsS } = await storage.urlOf(key, contentTypeOf(key));
        const cachedS = Math.floor(lastsS / 2); // a copy of the redirect must not outlive its URL
        return reply.header('cache-control', `private, max-age=${cachedS}`).redirect(url, 302);
      });
    },
  );
};

/** @throws Problem `not_found` */
function keyIn(path: string): StorageKey {
  const [token, setId, file, name, ...more] = path.split('/');
  const key = `${token}/${setId}/${file}`;
  if (!KEY.test(key) || isUploadedKey(key) || name === '' || more.length > 0) throw noSuchFile();
  return key;
}
