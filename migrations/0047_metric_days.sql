-- Days counted beforehand: the numbers about answers of each day, so that the page of numbers adds up days instead of
-- interactions. Nothing is told from here that the rows of `metric` do not say: what changes in them is noted in the same
-- transaction, and a day with such a note is counted from the rows until it has been counted anew.
create extension if not exists btree_gist;

-- Minutes in which something was counted that has changed since. Each row is a note of its own, so that nobody waits to
-- write one.
create table metric_changed (
    tenant_id uuid not null,
    minute timestamptz not null
);
create index metric_changed_of on metric_changed (tenant_id, minute);

-- The days that are counted, each in one zone, up to its end or some minutes ago, and from one table: a rebuild puts
-- another in its place.
create table metric_counted_day (
    tenant_id uuid not null,
    day date not null,
    zone text not null,
    until timestamptz not null,
    of_table oid not null,
    counted_at timestamptz not null default clock_timestamp(),
    constraint metric_counted_day_pkey primary key (tenant_id, day)
);

-- What a day counts, by all that it can be told by: of everything (is_whole), and by all that it can be chosen by.
create table metric_day (
    tenant_id uuid not null,
    day date not null,
    -- What `key` is: all (no key), product, intent, rating or operator.
    told_by text not null,
    key text,
    is_whole boolean not null,
    -- Null where it is of everything.
    account_id uuid,
    marketplace text,
    channel text,
    -- How many interactions each metric counts.
    counts jsonb not null,
    -- What percentiles are taken of: seconds of `timed` and of `answered_here`, thousandths of `measured`.
    waited bigint[] not null,
    handled bigint[] not null,
    changed bigint[] not null,
    constraint metric_day_of foreign key (tenant_id, day) references metric_counted_day on delete cascade
);
create index metric_day_told on metric_day (tenant_id, day, told_by, is_whole);
alter table metric_day
    alter waited set storage external, alter handled set storage external, alter changed set storage external;

-- Which interactions are counted within a time, wherever in the history that is.
create index metric_counted_within on metric using gist (tenant_id, tstzrange(first_at, last_at, '[]'))
    where last_at is not null;

create function tell_metric_changed() returns trigger language plpgsql as $fn$
begin
    if tg_op = 'TRUNCATE' then
        delete from public.metric_counted_day;
    elsif tg_op = 'INSERT' then
        insert into public.metric_changed (tenant_id, minute)
            select distinct r.tenant_id, date_trunc('minute', e.value::timestamptz)
                from rows_after r cross join lateral jsonb_each_text(r.facts) e;
    elsif tg_op = 'DELETE' then
        insert into public.metric_changed (tenant_id, minute)
            select distinct r.tenant_id, date_trunc('minute', e.value::timestamptz)
                from rows_before r cross join lateral jsonb_each_text(r.facts) e;
    else
        insert into public.metric_changed (tenant_id, minute)
            select distinct b.tenant_id, date_trunc('minute', e.value::timestamptz)
                from rows_before b
                join rows_after a using (tenant_id, interaction_id)
                cross join lateral (
                    select * from jsonb_each_text(b.facts) union all select * from jsonb_each_text(a.facts)) e
                where (b.account_id, b.marketplace, b.channel, b.product_article, b.rating, b.intent, b.operator,
                        b.changed, b.waited_seconds, b.handled_seconds, b.facts)
                    is distinct from
                    (a.account_id, a.marketplace, a.channel, a.product_article, a.rating, a.intent, a.operator,
                        a.changed, a.waited_seconds, a.handled_seconds, a.facts);
    end if;
    return null;
end $fn$;
create trigger metric_inserted after insert on metric
    referencing new table as rows_after for each statement execute function tell_metric_changed();
create trigger metric_updated after update on metric
    referencing old table as rows_before new table as rows_after
    for each statement execute function tell_metric_changed();
create trigger metric_deleted after delete on metric
    referencing old table as rows_before for each statement execute function tell_metric_changed();
create trigger metric_truncated after truncate on metric
    for each statement execute function tell_metric_changed();
