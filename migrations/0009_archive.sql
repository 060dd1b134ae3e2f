-- Old months of the log, moved out of the database into files (docs/decisions/0009).

-- A month that was written to a file. Goes on from `verified_at` to `dropped_at`; a run that is cut short is taken up
-- by the next.
create table es.archive (
    month date constraint archive_pk primary key,
    file text not null,
    rows bigint not null,
    sha256 bytea not null,
    written_at timestamptz not null,
    -- When the file was last read back and found equal to what was sealed.
    verified_at timestamptz,
    -- When the month was dropped from the table.
    dropped_at timestamptz,
    constraint archive_month_whole check (month = date_trunc('month', month)),
    constraint archive_sha256_whole check (octet_length(sha256) = 32),
    constraint archive_dropped_verified check (dropped_at is null or verified_at is not null)
);

-- What a month holds of each log.
create table es.archive_log (
    month date not null constraint archive_log_archive_fk references es.archive on delete cascade,
    log_id int not null,
    first_pos bigint not null,
    last_pos bigint not null,
    constraint archive_log_pk primary key (log_id, month)
);

-- Waits until no append is under way, and keeps new ones waiting until the end of the transaction. Without it, an
-- append that began before a partition went away could number its events by what it still saw.
create function es.hold_appends() returns void language plpgsql as $fn$
begin
    perform pg_advisory_xact_lock(4201, h.log_id)
    from (select log_id from es.log_head order by log_id offset 0) h;
    lock table es.event in access exclusive mode;
end $fn$;

-- Drops a month that was archived and raises the floors, all or nothing. To be called by nobody but the program, which
-- has just read the file back. Raises 55000 where the month holds anything else than was archived.
create function es.drop_month(v_month date) returns void language plpgsql as $fn$
declare
    v_name constant text := 'event_' || to_char(v_month, 'YYYY_MM');
    v_others boolean;
begin
    -- Beforehand, while appends go on: what the month holds of each seller does not change any more.
    execute format(
        'create temporary table dropped_tenant on commit drop as
         select log_id, tenant_id, max(tenant_seq) as seq, max(pos) as pos from es.%I group by 1, 2', v_name);
    perform es.hold_appends();
    execute format(
        'select exists (
            select from es.log_head h
            left join es.archive_log a on a.log_id = h.log_id and a.month = $1
            left join lateral (select e.pos from es.%1$I e where e.log_id = h.log_id order by e.pos limit 1) f on true
            left join lateral (
                select e.pos from es.%1$I e where e.log_id = h.log_id order by e.pos desc limit 1) l on true
            where (f.pos, l.pos) is distinct from (a.first_pos, a.last_pos)
                -- What is archived is the beginning of a log, without gaps.
                or a.first_pos <> h.archived_pos + 1)', v_name)
    into v_others using v_month;
    if v_others then
        raise exception '% holds other events than were archived', v_name using errcode = '55000';
    end if;
    execute format(
        'update es.log_head h
         set next_pos = greatest(h.next_pos, a.last_pos + 1), archived_pos = greatest(h.archived_pos, a.last_pos),
            last_at = greatest(h.last_at, e.recorded_at)
         from es.archive_log a
         join es.%I e on e.log_id = a.log_id and e.pos = a.last_pos
         where a.month = $1 and h.log_id = a.log_id', v_name)
    using v_month;
    update es.tenant_log t
    set next_seq = greatest(t.next_seq, d.seq + 1), archived_seq = greatest(t.archived_seq, d.seq),
        archived_pos = greatest(t.archived_pos, d.pos)
    from dropped_tenant d where d.tenant_id = t.tenant_id and d.log_id = t.log_id;
    execute format('drop table es.%I', v_name);
    update es.archive set dropped_at = clock_timestamp() where month = v_month;
end $fn$;

-- Moves the events that no month covered into months of their own, all or nothing. Returns how many there were.
create function es.empty_default() returns bigint language plpgsql as $fn$
declare
    v_moved bigint;
begin
    perform pg_advisory_xact_lock(4202, 0);
    if not exists (select from es.event_default) then
        return 0;
    end if;
    perform es.hold_appends();
    alter table es.event detach partition es.event_default;
    perform es.ensure_partition(d.month) from (
        select distinct date_trunc('month', recorded_at at time zone 'utc') as month from es.event_default) d;
    insert into es.event select * from es.event_default;
    get diagnostics v_moved = row_count;
    drop table es.event_default;
    create table es.event_default partition of es.event default;
    create trigger event_not_truncated before truncate on es.event_default
        for each statement execute function es.refuse_change();
    return v_moved;
end $fn$;

revoke all on es.archive, es.archive_log from public;
revoke all on function es.hold_appends(), es.drop_month(date), es.empty_default() from public;
