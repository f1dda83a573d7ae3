import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { audited } from '../access/audit.ts';
import type { Db } from '../db/database.ts';
import { problems } from '../http/document/problems.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { tenantOf } from '../http/principal.ts';
import { BUILTIN_PRESETS } from './builtin.ts';
import { checkPreset } from './check.ts';
import { deletePreset, getPreset, listPresets, putPreset } from './preset.queries.ts';
import { PresetInput } from './input.ts';
import type { Preset } from './spec.ts';

const PresetBody = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    built_in: Type.Boolean({ description: 'Cannot be changed' }),
    renditions: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
      description: 'Rendition specs with every default filled in; null: no limit',
    }),
  },
  { 'x-name': 'Preset' },
);
const PresetParams = Type.Object({ name: Type.String() });

export const presetRoutes: FastifyPluginAsyncTypebox<{ db: Db }> = async (app, parts) => {
  const { db } = parts;
  app.get(
    '/v1/presets',
    {
      schema: {
        summary: 'All presets: the built-in ones, then your own',
        response: { 200: Type.Object({ items: Type.Array(PresetBody), next_cursor: Type.Null() }) },
      },
    },
    async (request) => ({
      items: (await listPresets(db, tenantOf(request))).map(presetBody),
      next_cursor: null,
    }),
  );

  app.get(
    '/v1/presets/:name',
    {
      schema: {
        summary: 'One preset',
        params: PresetParams,
        response: { 200: PresetBody, 404: ProblemAnswer },
      },
    },
    async (request) => presetBody(await getPreset(db, tenantOf(request), request.params.name)),
  );

  app.put(
    '/v1/presets/:name',
    {
      config: { audit: 'preset.put' },
      // checkPreset reports all errors at once, each with its JSON pointer; the validator would stop at the first.
      validatorCompiler: () => () => true,
      schema: {
        summary: 'Add or replace your own preset',
        description: 'Batches that were accepted before keep the old one.',
        params: PresetParams,
        body: PresetInput,
        response: { 200: PresetBody, ...problems('conflict', 'preset_invalid') },
      },
    },
    async (request) => {
      const preset = checkPreset(request.params.name, request.body);
      await audited(request, db, (trx) => putPreset(trx, tenantOf(request), preset));
      return presetBody(preset);
    },
  );

  app.delete(
    '/v1/presets/:name',
    {
      config: { audit: 'preset.delete' },
      schema: {
        summary: 'Remove your own preset',
        params: PresetParams,
        response: { 204: Type.Null(), 404: ProblemAnswer, ...problems('conflict') },
      },
    },
    async (request, reply) => {
      await audited(request, db, (trx) => deletePreset(trx, tenantOf(request), request.params.name));
      return reply.code(204).send(null);
    },
  );
};

function presetBody(preset: Preset) {
  const { name, description, renditions } = preset;
  return { name, description, built_in: BUILTIN_PRESETS.includes(preset), renditions };
}
