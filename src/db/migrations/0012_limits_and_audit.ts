import { type Kysely, sql } from 'kysely';

// Stored bytes are counted by triggers, so that workers of the previous version, which know nothing of them,
// are counted too. Each change is a row of its own: a counter in one row would make all recording of a tenant
// wait in line. A chore adds the rows up (access/stored-bytes.ts).
//
// `audit_log` is append-only by a trigger, whatever AUDIT_DAYS or a bug in this program says: rows never
// change, and can be deleted only when they are 30 days old.
async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenants -- null: no limit; of requests: REQUESTS_PER_SECOND
      add column requests_per_second integer check (requests_per_second > 0),
      add column batches_at_once integer check (batches_at_once >= 0),
      add column images_per_day bigint check (images_per_day >= 0),
      add column max_stored_bytes bigint check (max_stored_bytes >= 0);

    create table usage_days ( -- of accepted uploads, by UTC day
      tenant_id integer not null,
      day date not null,
      batches integer not null default 0,
      images bigint not null default 0,
      upload_bytes bigint not null default 0,
      primary key (tenant_id, day)
    );

    create table stored_bytes ( -- a tenant's renditions have the sum of its rows in bytes
      tenant_id integer not null,
      bytes bigint not null
    );
    lock table renditions in exclusive mode;
    insert into stored_bytes select tenant_id, sum(bytes) from renditions group by tenant_id;

    create function count_stored_bytes() returns trigger language plpgsql as $$
    begin
      insert into stored_bytes
      select tenant_id, case tg_op when 'INSERT' then sum(bytes) else -sum(bytes) end
      from changed group by tenant_id;
      return null;
    end $$;
    create trigger renditions_added after insert on renditions
      referencing new table as changed for each statement execute function count_stored_bytes();
    create trigger renditions_deleted after delete on renditions
      referencing old table as changed for each statement execute function count_stored_bytes();

    create table audit_log (
      tenant_id integer not null, -- whose log it is in; the tenant may be deleted since
      entry_id uuid not null,
      at timestamptz not null default clock_timestamp(),
      actor text not null check (actor in ('key', 'local', 'command_line', 'settings')),
      key_id text,
      key_name text,
      action text not null, -- begins with the type of the object, as in batch.create
      object_id text,
      request_id text,
      address text,
      status smallint, -- of the response; null: not a request
      details json not null default '{}',
      primary key (tenant_id, entry_id),
      check ((actor = 'key') = (key_id is not null))
    );
    create index audit_log_of_object on audit_log (tenant_id, object_id, entry_id);
    create index audit_log_by_time on audit_log (at);

    create function keep_audit_log() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if old.at < now() - interval '30 days' then return old; end if;
      end if;
      raise exception 'audit_log is append-only: % is refused', tg_op using errcode = 'insufficient_privilege';
    end $$;
    create trigger audit_log_rows_stay before update or delete on audit_log
      for each row execute function keep_audit_log();
    create trigger audit_log_stays before truncate on audit_log
      for each statement execute function keep_audit_log();
  `.execute(db);
}

export const limitsAndAudit = { up };
