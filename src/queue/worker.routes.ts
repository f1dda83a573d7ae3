import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { listLiveWorkers, type WorkerRow } from './workers.ts';

const Worker = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'As `worker` in the log' }),
    machine: Type.String({ description: '`MACHINE_NAME`' }),
    pid: Type.Integer(),
    version: Type.String(),
    slots: Type.Integer({ minimum: 0, description: 'How many images it processes at a time' }),
    in_hand: Type.Integer({
      minimum: 0,
      description: 'Images that it processes or records, with those that wait for their host; up to 5 s ago',
    }),
    paused_because: Type.Array(Type.String(), { description: 'Why it claims nothing; empty while it does' }),
    started_at: Type.String({ format: 'date-time' }),
    seen_at: Type.String({ format: 'date-time', description: 'Its last heartbeat; there is one every 5 s' }),
  },
  { 'x-name': 'Worker' },
);

const Workers = Type.Object({
  items: Type.Array(Worker),
  slots: Type.Integer({ minimum: 0, description: 'Of all workers together' }),
});

/** For admins only: it names machines, and tells how much there is to do for all tenants together. */
export const workerRoutes: FastifyPluginAsyncTypebox<{ db: Db }> = async (app, { db }) => {
  app.get(
    '/v1/workers',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'The live workers of all machines',
        description: 'Workers that were heard within 30 seconds, by machine. They work for all tenants.',
        response: { 200: Workers },
      },
    },
    async () => {
      const items = (await listLiveWorkers(db)).map(workerBody);
      return { items, slots: items.reduce((sum, { slots }) => sum + slots, 0) };
    },
  );
};

function workerBody({ worker_id: id, started_at, seen_at, ...rest }: WorkerRow): Static<typeof Worker> {
  return { id, ...rest, started_at: started_at.toISOString(), seen_at: seen_at.toISOString() };
}
