import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../errors.ts';
import { acceptedCoding } from '../http/accepted-coding.ts';
import { type PageFile, pageFiles } from './page-files.ts';

/** The addresses of the page. The same document answers all of them, and its script shows what they name. */
export const PAGE_ADDRESSES = [
  '/',
  '/check',
  '/batches',
  '/batches/:id',
  '/batches/:id/:part',
  '/batches/:id/images/:image',
  '/webhooks',
  '/webhooks/:part',
  '/hosts',
  '/presets',
  '/presets/:name',
  '/keys',
  '/keys/:part',
  '/sign-in',
];

const Anything = Type.Object({}, { additionalProperties: true });

/** The page, and what belongs to it under /assets/: names with a hash of the content, so they are kept for ever. */
export const pageRoutes: FastifyPluginAsyncTypebox<{ filesUrl: string }> = async (app, { filesUrl }) => {
  const files = pageFiles();
  const policy = policyOf(filesUrl);

  for (const url of PAGE_ADDRESSES)
    app.get(
      url,
      { config: { access: 'public' }, schema: { hide: true, querystring: Anything } },
      async (request, reply) => {
        const document = acceptsHtml(request) ? (await files()).get('index.html') : undefined;
        if (!document)
          throw new Problem('not_found', {
            detail: 'This is an address of the page, which is HTML; the API begins with /v1.',
          });
        reply.header('content-security-policy', policy).header('cache-control', 'no-cache');
        return send(request, reply, document);
      },
    );

  app.get(
    '/assets/:name',
    { config: { access: 'public' }, schema: { hide: true, params: Type.Object({ name: Type.String() }) } },
    async (request, reply) => {
      const file = (await files()).get(`assets/${request.params.name}`);
      if (!file) throw new Problem('not_found', { detail: 'There is no such file.' });
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      return send(request, reply, file);
    },
  );
};

function acceptsHtml({ headers: { accept = '*/*' } }: FastifyRequest): boolean {
  return /text\/html|\*\/\*/.test(accept);
}

/** No script and no style but our files, no request but to us. Renditions may be on a host of their own. */
function policyOf(filesUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' blob: data: ${new URL(filesUrl).origin}`,
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function send(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  const made = (['br', 'gzip'] as const).filter((coding) => file[coding]);
  const coding = acceptedCoding(request.headers['accept-encoding'], made);
  reply.type(file.type).header('vary', 'Accept-Encoding');
  if (coding) reply.header('content-encoding', coding);
  return reply.send((coding && file[coding]) ?? file.plain);
}
