-- Replies that nobody asked for but the seller's rules: the places that the seller's limits leave for them, and why a draft
-- that needed nobody became a person's task after all. No read model: whoever takes a place has to know of all others at
-- that moment.
create table automatic_reply (
    tenant_id uuid not null,
    draft_id uuid not null,
    interaction_id uuid not null,
    decided_at timestamptz not null default clock_timestamp(),
    -- Why it did not go out; null where it has a place.
    refused text,
    constraint automatic_reply_pkey primary key (tenant_id, draft_id)
);
create index automatic_reply_by_time on automatic_reply (tenant_id, decided_at desc);
