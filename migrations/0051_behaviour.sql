-- How marketplaces answer, so that a change of theirs is seen before anybody announces it. No read model and no history:
-- how long a call took is in no event. Nothing here says what was read or sent.

-- Since when each marketplace is watched: before there is a week of it, nothing of it is new.
create table marketplace_watched (
    marketplace text not null,
    since timestamptz not null default clock_timestamp(),
    constraint marketplace_watched_pkey primary key (marketplace)
);

-- How many calls that send took how long, by days of UTC: the n-th number counts those of 2^(n-1) ms up to twice that.
create table marketplace_pace (
    tenant_id uuid not null,
    marketplace text not null,
    day date not null,
    calls bigint[] not null,
    constraint marketplace_pace_pkey primary key (tenant_id, marketplace, day),
    constraint marketplace_pace_classes check (cardinality(calls) = 16)
);
create index marketplace_pace_by_day on marketplace_pace (day);

-- What marketplaces refused for what it is: not for a key, a plan, a limit or an outage.
create table marketplace_refusal (
    tenant_id uuid not null,
    marketplace text not null,
    -- `read` or `send`.
    work text not null,
    -- Our word for it, the status of HTTP, and the marketplace's own code; empty where it has none.
    failure text not null,
    status int not null,
    code text not null,
    first_at timestamptz not null default clock_timestamp(),
    last_at timestamptz not null default clock_timestamp(),
    times bigint not null,
    -- The marketplace's id of the latest of these requests, for its support.
    request_id text,
    constraint marketplace_refusal_pkey primary key (tenant_id, marketplace, work, failure, status, code)
);
create index marketplace_refusal_known on marketplace_refusal (marketplace, work, failure, status, code, first_at);
create index marketplace_refusal_new on marketplace_refusal (first_at);
create index marketplace_refusal_by_time on marketplace_refusal (last_at);

-- How the provider says that the language model stands, one row: the model that was asked about last.
create table model_standing (
    is_only boolean not null default true,
    model text not null,
    is_known boolean not null,
    -- When it is shut down; null where no end is announced.
    ends_at timestamptz,
    asked_at timestamptz not null default clock_timestamp(),
    constraint model_standing_pkey primary key (is_only),
    constraint model_standing_is_only check (is_only)
);
