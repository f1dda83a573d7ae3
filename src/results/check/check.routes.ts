import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { batchKey } from '../../batches/status.routes.ts';
import { checkChoice, OfChannel } from '../../channels/check-query.ts';
import { downloadAs } from '../../http/download-name.ts';
import { onceClosed } from '../../http/disconnected.ts';
import { tenantOf } from '../../http/principal.ts';
import { ProblemAnswer } from '../../http/problem.ts';
import { sendPieces, streamed } from '../send-pieces.ts';
import type { BatchCheck } from './check.ts';
import { checkCsv, checkNdjson } from './lines.ts';
import { type CheckParts, openCheck } from './open-check.ts';
import { CheckSummary, summaries } from './summary.ts';

const Params = Type.Object({ id: Type.String() });
const Query = Type.Object(OfChannel);

type OfCheck = { Params: Static<typeof Params>; Querystring: Static<typeof Query> };

const DESCRIPTION =
  'Judges what was measured when the images were processed: nothing is downloaded. A rule about something that was not measured is unknown, never passed. See docs/check.md.';

/** What a channel says of the images of a batch. */
export const checkRoutes: FastifyPluginAsyncTypebox<CheckParts> = async (app, parts) => {
  function checkOf(request: FastifyRequest<OfCheck>): Promise<BatchCheck> {
    const { query } = request;
    const key = batchKey(tenantOf(request), request.params.id);
    const names = [query.channel];
    return openCheck(parts, key, { names, parameter: 'channel', choice: checkChoice(query) });
  }

  app.get(
    '/v1/batches/:id/check',
    {
      schema: {
        summary: 'How many images meet the rules of a channel, and which rules they do not meet',
        description: DESCRIPTION,
        params: Params,
        querystring: Query,
        response: { 200: CheckSummary, 404: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const check = await checkOf(request);
      const closed = new AbortController();
      onceClosed(reply.raw, () => closed.abort());
      const [summary] = await summaries(check, closed.signal);
      if (!summary) throw new Error('a check of one channel has one summary');
      return summary;
    },
  );

  app.get(
    '/v1/batches/:id/check.csv',
    {
      schema: {
        summary: 'A line for each image: its verdict, the rules that it does not meet, and its measures',
        description: DESCRIPTION,
        params: Params,
        querystring: Query,
        response: streamed('text/csv'),
      },
    },
    async (request, reply) => {
      const check = await checkOf(request);
      return sendPieces(reply, checkCsv(check), {
        as: downloadAs(check.results.fileName, 'check.csv'),
        type: 'text/csv; charset=utf-8',
      });
    },
  );

  app.get(
    '/v1/batches/:id/check.ndjson',
    {
      schema: {
        summary: 'A line of JSON for each image: its verdict by every rule, and its measures',
        description: DESCRIPTION,
        params: Params,
        querystring: Query,
        response: streamed('application/x-ndjson'),
      },
    },
    async (request, reply) => {
      const check = await checkOf(request);
      return sendPieces(reply, checkNdjson(check), {
        as: downloadAs(check.results.fileName, 'check.ndjson'),
        type: 'application/x-ndjson',
      });
    },
  );
};
