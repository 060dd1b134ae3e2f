-- Read model: replies that failed for good, one row a version.
create table failure (
    tenant_id uuid not null,
    interaction_id uuid not null,
    reply_id uuid not null,
    -- Why: the name of a definite failure, or moderation's code.
    cause text not null,
    failed_at timestamptz not null,
    -- Place of the event in the stream.
    version int not null,
    constraint failure_pkey primary key (tenant_id, interaction_id, reply_id)
);
create index failure_by_time on failure (failed_at);
create index failure_of_seller on failure (tenant_id, failed_at);

-- The alerts that are raised, by kind. No event tells of any before this.
alter table sending add column alerts jsonb not null default '{}';
create index sending_alarmed on sending (tenant_id) where alerts <> '{}';

-- What the marketplace has accepted and not shown yet is counted without looking at all that was ever answered.
create index inbox_unconfirmed on inbox (tenant_id) where reply_state = 'sent';
