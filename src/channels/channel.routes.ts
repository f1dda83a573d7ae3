import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { problems } from '../http/document/problems.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { ChannelBody, channelBody } from './channel.body.ts';
import { deleteChannel, getChannel, listChannels, putChannel } from './channel.queries.ts';
import { checkChannel } from './check.ts';
import { ChannelInput } from './rule.ts';

const ChannelParams = Type.Object({ name: Type.String() });

/** The channels of a tenant: marketplaces' rules for pictures, and its own. */
export const channelRoutes: FastifyPluginAsyncTypebox<{ db: Db }> = async (app, { db }) => {
  app.get(
    '/v1/channels',
    {
      schema: {
        summary: 'All channels with their rules: the built-in ones, then your own',
        response: { 200: Type.Object({ items: Type.Array(ChannelBody), next_cursor: Type.Null() }) },
      },
    },
    async (request) => ({
      items: (await listChannels(db, tenantOf(request))).map(channelBody),
      next_cursor: null,
    }),
  );

  app.get(
    '/v1/channels/:name',
    {
      schema: {
        summary: 'One channel',
        params: ChannelParams,
        response: { 200: ChannelBody, 404: ProblemAnswer },
      },
    },
    async (request) => channelBody(await getChannel(db, tenantOf(request), request.params.name)),
  );

  app.put(
    '/v1/channels/:name',
    {
      config: { audit: 'channel.put' },
      // checkChannel reports all errors at once, each with its JSON pointer; the validator would stop at the first.
      validatorCompiler: () => () => true,
      schema: {
        summary: 'Add or replace your own channel',
        description: 'Checks use it as it is when they are made.',
        params: ChannelParams,
        body: ChannelInput,
        response: { 200: ChannelBody, ...problems('conflict', 'channel_invalid') },
      },
    },
    async (request) => {
      const channel = checkChannel(request.params.name, request.body);
      await audited(request, db, (trx) => putChannel(trx, tenantOf(request), channel));
      return channelBody(channel);
    },
  );

  app.delete(
    '/v1/channels/:name',
    {
      config: { audit: 'channel.delete' },
      schema: {
        summary: 'Remove your own channel',
        params: ChannelParams,
        response: { 204: Type.Null(), 404: ProblemAnswer, ...problems('conflict') },
      },
    },
    async (request, reply) => {
      await audited(request, db, (trx) => deleteChannel(trx, tenantOf(request), request.params.name));
      return reply.code(204).send(null);
    },
  );
};
