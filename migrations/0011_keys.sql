-- The key store. May stand in a database of its own, whose backups expire soon: a backup that holds both a key and what
-- it opens would undo an erasure. That database is given this migration alone.

create schema keys;

-- The key under which a person's data in events is sealed, itself wrapped by the master key `kek_id`. Destroying it
-- erases the person.
create table keys.subject_key (
    tenant_id uuid not null,
    subject_id uuid not null,
    wrapped_key bytea,
    kek_id text,
    created_at timestamptz not null default now(),
    destroyed_at timestamptz,
    constraint subject_key_pk primary key (tenant_id, subject_id),
    constraint subject_key_whole_or_destroyed check (
        (destroyed_at is null and wrapped_key is not null and kek_id is not null)
        or (destroyed_at is not null and wrapped_key is null and kek_id is null))
);
create index subject_key_by_kek on keys.subject_key (kek_id, tenant_id, subject_id) where destroyed_at is null;
create index subject_key_destroyed on keys.subject_key (tenant_id, subject_id) where destroyed_at is not null;

-- Returns the keys of subjects; a batch holds each (tenant, subject) once. An element of `a_wrapped` that is not null is
-- a new key, for the case that the subject has none. A key that somebody else makes at this moment is missing from the
-- result; asking again returns it.
create function keys.subject_keys(a_tenant uuid[], a_subject uuid[], a_wrapped bytea[], p_kek text)
returns table (tenant_id uuid, subject_id uuid, wrapped_key bytea, kek_id text)
language plpgsql volatile
-- As for `es.append_batch`: by the key, whatever the size was when the plan was made.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $fn$
#variable_conflict use_column
begin
    return query
    with wanted as materialized (
        select w.tenant, w.subject, w.wrapped from unnest(a_tenant, a_subject, a_wrapped) w (tenant, subject, wrapped)
    ),
    known as materialized (
        select k.*
        from wanted w
        cross join lateral (
            select k.tenant_id, k.subject_id, k.wrapped_key, k.kek_id from keys.subject_key k
            where k.tenant_id = w.tenant and k.subject_id = w.subject limit 1) k
    ),
    made as (
        insert into keys.subject_key (tenant_id, subject_id, wrapped_key, kek_id)
        select w.tenant, w.subject, w.wrapped, p_kek
        from wanted w
        where w.wrapped is not null
            and not exists (select from known k where k.tenant_id = w.tenant and k.subject_id = w.subject)
        -- In one order everywhere, or two batches with the same subjects could wait for each other.
        order by w.tenant, w.subject
        on conflict on constraint subject_key_pk do nothing
        returning tenant_id, subject_id, wrapped_key, kek_id
    )
    select * from known union all select * from made;
end $fn$;

-- Tells every process that a key is gone, when the destruction is committed: they may have it in memory.
create function keys.tell_destroyed() returns trigger language plpgsql as $fn$
begin
    perform pg_notify('keys', new.tenant_id || ' ' || new.subject_id);
    return null;
end $fn$;
create trigger subject_key_destroyed after update on keys.subject_key
    for each row when (old.destroyed_at is null and new.destroyed_at is not null)
    execute function keys.tell_destroyed();

revoke all on all tables in schema keys from public;
