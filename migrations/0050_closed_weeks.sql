-- Weeks of numbers about answers as they were known soon after their end, so that a report of then can be explained
-- when something has become known since. No read model: what was known at a moment cannot be told again by the log's
-- order alone, since days are those of a zone that may change. Ids, times and lengths: nothing that anybody said.
create table metric_closed_week (
    tenant_id uuid not null,
    -- Its first day, in the zone.
    monday date not null,
    zone text not null,
    -- Of the definitions that it was counted by.
    version int not null,
    closed_at timestamptz not null default clock_timestamp(),
    constraint metric_closed_week_pkey primary key (tenant_id, monday)
);

-- What counted in it, as rows of `metric` then, of which only the facts of that week.
create table metric_closed (
    tenant_id uuid not null,
    monday date not null,
    interaction_id uuid not null,
    facts jsonb not null,
    changed smallint,
    waited_seconds bigint,
    handled_seconds bigint,
    constraint metric_closed_pkey primary key (tenant_id, monday, interaction_id),
    constraint metric_closed_of_week foreign key (tenant_id, monday) references metric_closed_week on delete cascade
);
