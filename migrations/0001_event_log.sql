-- The event log. Every log numbers its events in commit order without gaps, because `es.append_batch` hands out
-- positions under a lock that is held until the commit is visible.

create schema es;

-- Every log there is. Not updated by appends: a row updated by each of them would collect dead versions as long as any
-- old snapshot is open. `next_pos` and `last_at` are floors, raised when a partition is dropped, because a log
-- without rows would otherwise begin at 1 again. Positions up to `archived_pos` are in archived months only.
create table es.log_head (
    log_id int constraint log_head_pk primary key,
    next_pos bigint not null default 1,
    last_at timestamptz not null default '-infinity',
    archived_pos bigint not null default 0,
    -- Whether new tenants may be assigned to it; false keeps a log for one large seller.
    assignable boolean not null default true
);
insert into es.log_head (log_id) select generate_series(1, 64);

-- The log of each seller: a table, so that a large one can be given a log of its own before its first event.
-- `next_seq` is the floor of `event.tenant_seq`, as `log_head.next_pos` is that of positions. The seller's events up to
-- number `archived_seq`, at position `archived_pos`, are in archived months only.
create table es.tenant_log (
    tenant_id uuid constraint tenant_log_pk primary key,
    log_id int not null constraint tenant_log_log_fk references es.log_head,
    next_seq bigint not null default 1,
    archived_seq bigint not null default 0,
    archived_pos bigint not null default 0,
    assigned_at timestamptz not null default now()
);
create index tenant_log_by_log on es.tenant_log (log_id);

-- Each append but a stream's first updates its row: in a page that is half empty the next version fits beside the one
-- before, so that no index changes and pages are cleared of dead versions less often.
create table es.stream (
    log_id int not null,
    tenant_id uuid not null,
    stream_id uuid not null,
    stream_type text not null,
    version int not null,
    first_pos bigint not null,
    first_at timestamptz not null,
    last_pos bigint not null,
    last_at timestamptz not null,
    constraint stream_pk primary key (log_id, tenant_id, stream_id)
) with (fillfactor = 50);

-- `recorded_at` is one value per batch and never decreases along a log. It is part of the key only because a
-- partition key must be. `payload` is json and not jsonb: it keeps the bytes that were sent, and is cheaper to write and
-- to read. Every payload can be cast to jsonb.
create table es.event (
    log_id int not null,
    pos bigint not null,
    recorded_at timestamptz not null,
    tenant_id uuid not null,
    tenant_seq bigint not null,
    stream_id uuid not null,
    stream_type text not null,
    version int not null,
    event_id uuid not null,
    event_type text not null,
    schema_version int not null,
    command_id uuid not null,
    correlation_id uuid,
    causation_id uuid,
    actor text,
    payload json not null,
    constraint event_pk primary key (log_id, pos, recorded_at)
) partition by range (recorded_at);
create index event_by_stream on es.event (log_id, tenant_id, stream_id, version);
create index event_by_tenant on es.event (log_id, tenant_id, tenant_seq);

-- What each command led to, so that a repeated one adds nothing.
create table es.command (
    log_id int not null,
    tenant_id uuid not null,
    command_id uuid not null,
    stream_id uuid not null,
    version int not null,
    first_pos bigint not null,
    last_pos bigint not null,
    at timestamptz not null,
    constraint command_pk primary key (log_id, tenant_id, command_id)
);

-- Events are only inserted. The trigger holds for the owner and for superusers too, the grants for everybody else.
create function es.refuse_change() returns trigger language plpgsql as $fn$
begin
    raise exception 'events are only inserted' using errcode = 'insufficient_privilege';
end $fn$;
create trigger event_only_inserted before update or delete on es.event
    for each row execute function es.refuse_change();
create trigger event_not_truncated before truncate on es.event
    for each statement execute function es.refuse_change();

-- Makes the partition of a month if there is none. Returns whether there was none.
create function es.ensure_partition(v_month timestamp) returns boolean language plpgsql as $fn$
declare
    v_name constant text := 'event_' || to_char(v_month, 'YYYY_MM');
begin
    -- Looking first, because `create table if not exists` locks the whole log even where there is nothing to do.
    if to_regclass('es.' || v_name) is not null then
        return false;
    end if;
    execute format(
        'create table es.%I partition of es.event for values from (%L) to (%L)',
        v_name,
        to_char(v_month, 'YYYY-MM-DD') || ' 00:00:00+00',
        to_char(v_month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    -- Row triggers are inherited, statement triggers are not.
    execute format(
        'create trigger event_not_truncated before truncate on es.%I
         for each statement execute function es.refuse_change()', v_name);
    return true;
end $fn$;

-- Makes the partitions of this month and the `months_ahead` after it, in UTC. Returns how many were missing.
create function es.ensure_partitions(months_ahead int) returns int language plpgsql as $fn$
declare
    v_made int := 0;
begin
    perform pg_advisory_xact_lock(4202, 0);
    for i in 0..months_ahead loop
        v_made := v_made
            + es.ensure_partition(date_trunc('month', now() at time zone 'utc') + make_interval(months => i))::int;
    end loop;
    return v_made;
end $fn$;

-- Catches what no month covers, so that a forgotten job delays nothing. Should be empty.
create table es.event_default partition of es.event default;
create trigger event_not_truncated before truncate on es.event_default
    for each statement execute function es.refuse_change();
select es.ensure_partitions(3);

-- Appends to logs, in one round trip and one implicit transaction, so that locks are held for the execution and the
-- commit only. One element of `a_*` is an append, one of `e_*` an event, whose `e_a` is the index of its append; the
-- events of an append stand in their order. A batch may hold each (tenant, stream) and each (tenant, command) once. A
-- malformed batch raises 22023 and writes nothing; everything else is a status per append: `ok`, `duplicate`, `conflict`,
-- `empty`. An expected version below 0 is any.
create function es.append_batch(
    a_log int[],
    a_tenant uuid[], a_command uuid[], a_stream uuid[], a_stream_type text[], a_expected int[],
    a_correlation uuid[], a_causation uuid[], a_actor text[],
    e_a int[], e_id uuid[], e_type text[], e_schema_version int[], e_payload text[])
returns table (a int, status text, stream_id uuid, version int, first_pos bigint, last_pos bigint, at timestamptz)
language plpgsql volatile
-- Planning costs as much as a small batch, so it happens once per connection. Such a plan may be made while the tables
-- are empty and stay when they have grown. It must therefore be the right one at any size: `limit 1` and `offset 0`
-- keep each look-up a look-up (joined freely, they became hash joins that read the whole log in every call), and
-- with the other scans off it can only go by the key.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $fn$
#variable_conflict use_column
declare
    v_n constant int := cardinality(e_a);
    v_known boolean;
    v_base int;
    v_pos bigint;
    v_seq bigint;
    v_at timestamptz;
begin
    -- At a higher isolation the snapshot would be older than the lock, and positions would be given out twice.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'append_batch needs read committed' using errcode = '25001';
    end if;
    if not (cardinality(a_log) = cardinality(a_command)
            and cardinality(a_tenant) = cardinality(a_command)
            and cardinality(a_stream) = cardinality(a_command)
            and cardinality(a_stream_type) = cardinality(a_command)
            and cardinality(a_expected) = cardinality(a_command)
            and cardinality(a_correlation) = cardinality(a_command)
            and cardinality(a_causation) = cardinality(a_command)
            and cardinality(a_actor) = cardinality(a_command)
            and cardinality(e_id) = cardinality(e_a)
            and cardinality(e_type) = cardinality(e_a)
            and cardinality(e_schema_version) = cardinality(e_a)
            and cardinality(e_payload) = cardinality(e_a))
        or exists (select from unnest(e_a) x where x is null or x not between 1 and cardinality(a_command))
        or cardinality(a_command) > 1 and (
            exists (select from unnest(a_tenant, a_stream) u (t, s) group by t, s having count(*) > 1)
            or exists (select from unnest(a_tenant, a_command) u (t, c) group by t, c having count(*) > 1))
    then
        raise exception 'malformed batch' using errcode = '22023';
    end if;

    -- An append alone, as of a server with little to do: the same as below, without what only a batch needs. To begin and
    -- to end the large statement takes longer than to carry out the small ones.
    if cardinality(a_command) = 1 then
        perform pg_advisory_xact_lock(4201, a_log[1]);
        select c.command_id is not null, c.stream_id, c.version, c.first_pos, c.last_pos, c.at, s.version,
            greatest(h.next_pos, coalesce(m.pos + 1, 1)),
            greatest(clock_timestamp(), coalesce(m.recorded_at, h.last_at)),
            greatest(t.next_seq, coalesce(q.tenant_seq + 1, 1))
        into v_known, stream_id, version, first_pos, last_pos, at, v_base, v_pos, v_at, v_seq
        from es.tenant_log t
        join es.log_head h on h.log_id = t.log_id
        left join lateral (
            select * from es.command c
            where c.log_id = t.log_id and c.tenant_id = t.tenant_id and c.command_id = a_command[1] limit 1) c on true
        left join lateral (
            select s.version from es.stream s
            where s.log_id = t.log_id and s.tenant_id = t.tenant_id and s.stream_id = a_stream[1] limit 1) s on true
        left join lateral (
            select e.pos, e.recorded_at from es.event e where e.log_id = t.log_id order by e.pos desc limit 1) m on true
        left join lateral (
            select e.tenant_seq from es.event e
            where e.log_id = t.log_id and e.tenant_id = t.tenant_id
            order by e.tenant_seq desc limit 1) q on true
        where t.tenant_id = a_tenant[1] and t.log_id = a_log[1];
        if not found then
            raise exception 'tenant of another log' using errcode = '22023';
        end if;
        a := 1;
        if v_known then
            status := 'duplicate';
            return next;
            return;
        end if;
        stream_id := a_stream[1];
        if v_n = 0 or a_expected[1] >= 0 and a_expected[1] <> coalesce(v_base, 0) then
            status := case when v_n = 0 then 'empty' else 'conflict' end;
            return next;
            return;
        end if;

        for i in 1..v_n loop
            insert into es.event (log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version,
                event_id, event_type, schema_version, command_id, correlation_id, causation_id, actor, payload)
            values (a_log[1], v_pos + i - 1, v_at, a_tenant[1], v_seq + i - 1, a_stream[1], a_stream_type[1],
                coalesce(v_base, 0) + i, e_id[i], e_type[i], e_schema_version[i], a_command[1], a_correlation[1],
                a_causation[1], a_actor[1], e_payload[i]::json);
        end loop;
        if v_base is null then
            insert into es.stream (
                log_id, tenant_id, stream_id, stream_type, version, first_pos, first_at, last_pos, last_at)
            values (a_log[1], a_tenant[1], a_stream[1], a_stream_type[1], v_n, v_pos, v_at, v_pos + v_n - 1, v_at);
        else
            update es.stream s
            set version = v_base + v_n, last_pos = v_pos + v_n - 1, last_at = v_at
            where s.log_id = a_log[1] and s.tenant_id = a_tenant[1] and s.stream_id = a_stream[1];
        end if;
        insert into es.command (log_id, tenant_id, command_id, stream_id, version, first_pos, last_pos, at)
        values (a_log[1], a_tenant[1], a_command[1], a_stream[1], coalesce(v_base, 0) + v_n, v_pos, v_pos + v_n - 1,
            v_at);
        status := 'ok';
        version := coalesce(v_base, 0) + v_n;
        first_pos := v_pos;
        last_pos := v_pos + v_n - 1;
        at := v_at;
        return next;
        return;
    end if;

    if exists (
        select from (select distinct l, t from unnest(a_log, a_tenant) u (l, t)) u
        where not exists (select from es.tenant_log l where l.tenant_id = u.t and l.log_id = u.l offset 0))
    then
        raise exception 'tenant of another log' using errcode = '22023';
    end if;

    -- In one order everywhere, so that two calls with the same logs cannot wait for each other.
    perform pg_advisory_xact_lock(4201, u.l) from (select distinct l from unnest(a_log) l order by l offset 0) u;

    -- A statement of its own, because a statement sees what was committed before it began: after the locks.
    return query
    with event as materialized (
        select x.a, x.i::int as i, row_number() over (partition by x.a order by x.i)::int as k
        from unnest(e_a) with ordinality as x (a, i)
    ),
    request as materialized (
        -- The number of events is counted, not told: a wrong number would leave a gap in the positions.
        select r.a::int as a, r.log, r.tenant, r.command, r.stream, r.expected, coalesce(n.n, 0) as n
        from unnest(a_log, a_tenant, a_command, a_stream, a_expected)
            with ordinality as r (log, tenant, command, stream, expected, a)
        left join (select e.a, max(e.k) as n from event e group by e.a) n on n.a = r.a
    ),
    duplicate as materialized (
        select r.a, c.stream_id, c.version, c.first_pos, c.last_pos, c.at
        from request r
        cross join lateral (
            select * from es.command c
            where c.log_id = r.log and c.tenant_id = r.tenant and c.command_id = r.command limit 1) c
    ),
    -- Materialized, or the newest numbers would be looked up once per append instead of once per log and per tenant.
    log as materialized (
        select l.log, greatest(h.next_pos, coalesce(m.pos + 1, 1)) as next_pos,
            greatest(clock_timestamp(), coalesce(m.recorded_at, h.last_at)) as at
        from (select distinct r.log from request r) l
        cross join lateral (select h.next_pos, h.last_at from es.log_head h where h.log_id = l.log limit 1) h
        left join lateral (
            select e.pos, e.recorded_at from es.event e where e.log_id = l.log order by e.pos desc limit 1) m on true
    ),
    tenant as materialized (
        select t.tenant, greatest(l.next_seq, coalesce(m.tenant_seq + 1, 1)) as next_seq
        from (select distinct r.tenant, r.log from request r) t
        cross join lateral (select l.next_seq from es.tenant_log l where l.tenant_id = t.tenant limit 1) l
        left join lateral (
            select e.tenant_seq from es.event e
            where e.log_id = t.log and e.tenant_id = t.tenant
            order by e.tenant_seq desc limit 1) m on true
    ),
    accepted as materialized (
        select r.a, r.log, r.tenant, r.command, r.stream, r.n, s.version is null as is_new, coalesce(s.version, 0) as base,
            l.at,
            l.next_pos + sum(r.n) over (partition by r.log order by r.a rows unbounded preceding) - r.n as first_pos,
            t.next_seq + sum(r.n) over (partition by r.tenant order by r.a rows unbounded preceding) - r.n as first_seq
        from request r
        join log l on l.log = r.log
        join tenant t on t.tenant = r.tenant
        left join lateral (
            select s.version from es.stream s
            where s.log_id = r.log and s.tenant_id = r.tenant and s.stream_id = r.stream limit 1) s on true
        where r.n > 0
            and not exists (select from duplicate d where d.a = r.a)
            and (r.expected < 0 or r.expected = coalesce(s.version, 0))
    ),
    inserted as (
        insert into es.event (log_id, pos, recorded_at, tenant_id, tenant_seq, stream_id, stream_type, version,
            event_id, event_type, schema_version, command_id, correlation_id, causation_id, actor, payload)
        select o.log, o.first_pos + e.k - 1, o.at, o.tenant, o.first_seq + e.k - 1, o.stream, a_stream_type[o.a],
            o.base + e.k, e_id[e.i], e_type[e.i], e_schema_version[e.i], o.command, a_correlation[o.a],
            a_causation[o.a], a_actor[o.a], e_payload[e.i]::json
        from accepted o
        join event e on e.a = o.a
    ),
    started as (
        insert into es.stream (
            log_id, tenant_id, stream_id, stream_type, version, first_pos, first_at, last_pos, last_at)
        select o.log, o.tenant, o.stream, a_stream_type[o.a], o.n, o.first_pos, o.at, o.first_pos + o.n - 1, o.at
        from accepted o
        where o.is_new
    ),
    continued as (
        update es.stream s
        set version = o.base + o.n, last_pos = o.first_pos + o.n - 1, last_at = o.at
        from accepted o
        where not o.is_new and s.log_id = o.log and s.tenant_id = o.tenant and s.stream_id = o.stream
    ),
    commands as (
        insert into es.command (log_id, tenant_id, command_id, stream_id, version, first_pos, last_pos, at)
        select o.log, o.tenant, o.command, o.stream, o.base + o.n, o.first_pos, o.first_pos + o.n - 1, o.at
        from accepted o
    )
    select r.a,
        case
            when o.a is not null then 'ok'
            when d.a is not null then 'duplicate'
            when r.n = 0 then 'empty'
            else 'conflict'
        end,
        coalesce(d.stream_id, r.stream), coalesce(o.base + o.n, d.version), coalesce(o.first_pos, d.first_pos),
        coalesce(o.first_pos + o.n - 1, d.last_pos), coalesce(d.at, o.at)
    from request r
    left join accepted o on o.a = r.a
    left join duplicate d on d.a = r.a
    order by r.a;
end $fn$;

-- Returns the events of streams, each stream's in order and together; streams without events are missing. One whose
-- events are all in archived months is a row of version 0, so that it does not pass for one that never began.
create function es.read_streams(w_log int[], w_tenant uuid[], w_stream uuid[]) returns setof es.event
language plpgsql stable
-- As for `es.append_batch`: by the key, whatever the size was when the plan was made.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $fn$
begin
    return query
    select e.*
    from (select distinct l, t, s from unnest(w_log, w_tenant, w_stream) u (l, t, s)) w
    -- A stream that does not exist, as most of a first load, costs one look-up; `event` would cost one a partition.
    cross join lateral (
        select from es.stream s
        where s.log_id = w.l and s.tenant_id = w.t and s.stream_id = w.s limit 1) s
    cross join lateral (
        select * from es.event e
        where e.log_id = w.l and e.tenant_id = w.t and e.stream_id = w.s
        order by e.version offset 0) e;

    return query
    select w.l, 0::bigint, s.first_at, w.t, 0::bigint, w.s, s.stream_type, 0, w.s, '', 0, w.s, null::uuid, null::uuid,
        null::text, 'null'::json
    from (select distinct l, t, s from unnest(w_log, w_tenant, w_stream) u (l, t, s)) w
    cross join lateral (
        select h.archived_pos from es.log_head h where h.log_id = w.l and h.archived_pos > 0 limit 1) h
    cross join lateral (
        select s.* from es.stream s
        where s.log_id = w.l and s.tenant_id = w.t and s.stream_id = w.s limit 1) s
    where s.last_pos <= h.archived_pos;
end $fn$;

revoke all on all tables in schema es from public;
