import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { BatchKey } from './batch.ts';

/** What a running batch does just now, beside its counters. */
export type Activity = {
  /** images per second in each 3 s of the last 2 minutes, oldest first; empty when it has ended */
  rates: number[];
  /** hosts on hold that its images wait for, and how many */
  held: { host: string; until: string; images: number }[];
};

export const NO_ACTIVITY: Activity = { rates: [], held: [] };

const SECONDS_A_POINT = 3;
const POINTS = 40;
const MOST_COUNTED = 10_000; // a host with a million images on hold is told as quickly as one with a few
const MOST_HOSTS = 20;

type ActivityRow = {
  batch_id: string;
  /** completed and failed images before the first point */
  base: number;
  /** completed and failed images at the end of each point in which any ended; `ago` 0 is the present one */
  points: { ago: number; ended: number }[];
  held: { host: string; until: string; images: number }[];
};

/** @returns the activity of those of the batches that run, by batch id */
export async function readActivity(db: Db, keys: BatchKey[]): Promise<Map<string, Activity>> {
  const { rows } = await sql<ActivityRow>`
    with held as materialized (select tenant_id, host, held_until from hosts where held_until > now())
    select b.batch_id, coalesce(before.ended, b.ended_before) as base, p.points, w.held
    from unnest(${keys.map((key) => key.tenantId)}::integer[], ${keys.map((key) => key.batchId)}::uuid[]) as k (tenant_id, batch_id)
    join batches b on b.tenant_id = k.tenant_id and b.batch_id = k.batch_id and b.ended_at is null
    left join lateral (
      select c.ended from batch_changes c
      where c.tenant_id = b.tenant_id and c.batch_id = b.batch_id and c.round = b.round
        and c.at <= now() - ${SECONDS_A_POINT * POINTS}::float8 * interval '1 second'
      order by c.at desc limit 1) before on true
    cross join lateral (
      select coalesce(json_agg(json_build_object('ago', ago, 'ended', ended) order by ago desc), '[]') as points
      from (
        select floor(extract(epoch from now() - c.at) / ${SECONDS_A_POINT}::float8) as ago, max(c.ended) as ended
        from batch_changes c
        where c.tenant_id = b.tenant_id and c.batch_id = b.batch_id and c.round = b.round
          and c.at > now() - ${SECONDS_A_POINT * POINTS}::float8 * interval '1 second'
        group by ago) points) p
    cross join lateral (
      select coalesce(json_agg(json_build_object('host', host, 'until', held_until, 'images', images) order by images desc, host), '[]') as held
      from (
        select h.host, h.held_until, waiting.images
        from held h cross join lateral (
          select count(*) as images from (
            select from images i
            where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id and i.host = h.host
              and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
            limit ${MOST_COUNTED}) counted) waiting
        where h.tenant_id = b.tenant_id and waiting.images > 0
        order by waiting.images desc, h.host limit ${MOST_HOSTS}) most) w`.execute(db);
  return new Map(rows.map((row) => [row.batch_id, activityOf(row)]));
}

function activityOf({ base, points, held }: ActivityRow): Activity {
  const rates = Array.from({ length: POINTS }, () => 0);
  let before = base;
  for (const { ago, ended } of points) {
    const point = POINTS - 1 - Math.max(0, ago); // a change may be younger than the begin of this statement
    rates[point] = (rates[point] ?? 0) + Math.round((100 * (ended - before)) / SECONDS_A_POINT) / 100;
    before = ended;
  }
  return { rates, held: held.map((each) => ({ ...each, until: new Date(each.until).toISOString() })) };
}
