-- Kill switches: nothing goes out to marketplaces while one of them is thrown, and nothing of what waits is lost.

-- Read model: whether a seller has stopped sending. A row for every seller that ever did.
create table sending (
    tenant_id uuid not null,
    -- Since when nothing goes out; null while it does.
    stopped_at timestamptz,
    -- Who stopped it: `user:<id>` or `system:<part>`.
    stopped_by text,
    reason text,
    version int not null,
    constraint sending_pkey primary key (tenant_id)
);
create index sending_stopped on sending (tenant_id) where stopped_at is not null;

-- Stops of the whole installation, which belong to no seller and so to no log. Rows stay, as their history.
create table installation_stop (
    stop_id bigint generated always as identity,
    stopped_at timestamptz not null default clock_timestamp(),
    stopped_by text not null,
    reason text not null,
    -- Null while it lasts.
    resumed_at timestamptz,
    resumed_by text,
    constraint installation_stop_pkey primary key (stop_id),
    constraint installation_stop_order check (resumed_at >= stopped_at),
    constraint installation_stop_resumed check ((resumed_at is null) = (resumed_by is null))
);
-- One at a time.
create unique index installation_stop_lasting on installation_stop ((true)) where resumed_at is null;

-- Lets workers go past the sellers that have stopped, however much waits for them.
create index effect_unfinished_by_tenant on effect (kind, tenant_id, next_at) where state <> 'done';
-- Calls whose ends are to be found out though their sellers have stopped.
create index effect_calling on effect (kind, lease_until) where state = 'calling';
