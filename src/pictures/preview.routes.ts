import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { problems } from '../http/document/problems.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { whileConnected } from '../http/while-connected.ts';
import { checkRendition } from '../presets/check.ts';
import { RenditionInput } from '../presets/input.ts';
import { FORMAT_FACTS, OUTPUT_FORMATS } from '../presets/spec.ts';
import type { Previews } from './previews.ts';
import { SAMPLE } from './preview-sources.ts';

const Input = Type.Object(
  {
    rendition: RenditionInput,
    picture: Type.Optional(
      Type.String({
        default: SAMPLE,
        maxLength: 100,
        description:
          '`sample`: a photograph that comes with Minilab. Or the id of an image: its source is downloaded. Or the id of a kept upload',
      }),
    ),
  },
  {
    additionalProperties: false,
    'x-name': 'PresetPreviewInput',
    examples: [{ rendition: { name: 'thumb', width: 320, height: 320, fit: 'cover', format: 'avif' } }],
  },
);

const MIME = [...new Set(OUTPUT_FORMATS.map(mimeOf))];

export const presetPreviewRoutes: FastifyPluginAsyncTypebox<{ previews: Previews }> = async (app, parts) => {
  const { previews } = parts;

  app.post(
    '/v1/presets/preview',
    {
      config: { access: 'read' }, // it stores nothing
      // checkRendition reports all errors at once, as those of a preset are; the validator would answer 400.
      validatorCompiler: () => () => true,
      schema: {
        summary: 'The file that a rendition of a preset makes of a picture. Nothing is stored',
        description:
          'Made by a decoder, as in a batch; `Server-Timing` says how long that took. A preview may take 30 s and 32 MiB. 422 `preset_invalid`: the rendition has errors, each with its JSON pointer; 422 `preview_failed`: the picture cannot be made, with the code that an image would fail with in `errors`; 503 `busy` if too many pictures are being made.',
        body: Input,
        response: {
          200: {
            description: 'The file',
            content: Object.fromEntries(
              MIME.map((type) => [
                type,
                { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
              ]),
            ),
          },
          404: ProblemAnswer,
          410: ProblemAnswer,
          ...problems('preset_invalid', 'preview_failed', 'source_unavailable'),
        },
      },
    },
    async (request, reply) => {
      const { rendition, picture } = checkRendition(Input, request.body);
      const wanted = { tenantId: tenantOf(request), rendition, picture: picture ?? SAMPLE };
      const { file, ms } = await whileConnected(request.raw.socket, (signal) =>
        previews.make(wanted, signal),
      );
      return reply
        .type(mimeOf(rendition.format))
        .header('server-timing', `make;dur=${ms.toFixed(0)}`)
        .header('cache-control', 'no-store')
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cross-origin-resource-policy', 'same-origin')
        .send(file);
    },
  );
};

function mimeOf(format: (typeof OUTPUT_FORMATS)[number]): string {
  return `image/${FORMAT_FACTS[format].name}`;
}
