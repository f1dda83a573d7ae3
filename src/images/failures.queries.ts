import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** The failed images of a batch with one error code. */
export type FailureGroup = {
  code: string;
  count: number;
  /** how many hosts there are */
  host_count: number;
  /** those with the most images */
  hosts: { host: string; count: number }[];
  /** of the first images */
  slots: number[];
};

const HOSTS_SHOWN = 10;
const IMAGES_SHOWN = 3;
const FIRST_FAILURES = 10_000; // in which the first images of each code are searched

/**
 * Groups the failed images of a batch by their codes, in one pass over them. The images of a group are its first
 * ones among the first failures, and the first one of each host: sorting a million of them would take as long again.
 */
export async function listFailures(
  db: Db,
  { tenantId, batchId }: { tenantId: number; batchId: string },
): Promise<FailureGroup[]> {
  const { rows } = await sql<FailureGroup>`
    with parts as materialized (
      select error_code as code, host, count(*) as n, min(slot) as slot from images
      where tenant_id = ${tenantId} and batch_id = ${batchId} and state = 'failed'
      group by error_code, host
    ),
    first_failures as (
      select error_code as code, slot, row_number() over (partition by error_code order by slot) as place
      from (
        select error_code, slot from images
        where tenant_id = ${tenantId} and batch_id = ${batchId} and state = 'failed'
        order by slot limit ${FIRST_FAILURES}) f
    ),
    shown as (
      select code, slot from first_failures where place <= ${IMAGES_SHOWN}
      union select code, slot from parts
    ),
    slots as (
      select code, (array_agg(slot order by slot))[:${IMAGES_SHOWN}::integer] as slots from shown group by code
    ),
    hosts as (
      select code, json_agg(json_build_object('host', host, 'count', n) order by n desc, host) as hosts
      from (select *, row_number() over (partition by code order by n desc, host) as place from parts where host <> '') p
      where place <= ${HOSTS_SHOWN}
      group by code
    )
    select p.code, sum(p.n)::bigint as count, count(*) filter (where p.host <> '') as host_count,
      coalesce((select hosts from hosts h where h.code = p.code)::jsonb, '[]') as hosts,
      (select slots from slots s where s.code = p.code) as slots
    from parts p
    group by p.code
    order by count desc, p.code`.execute(db);
  return rows;
}
