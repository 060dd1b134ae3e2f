-- Erasures that were asked for. Kept for ever: whoever restores an older key store must destroy the same keys again, and
-- one that was cut short is finished.

create table erasure (
    tenant_id uuid not null,
    interaction_id uuid not null,
    -- The ground, and the number of the request or order; neither says who it was.
    ground text not null,
    reference text,
    actor text not null,
    command_id uuid not null,
    asked_at timestamptz not null default now(),
    -- When the key was destroyed and the event stored.
    done_at timestamptz,
    constraint erasure_pkey primary key (tenant_id, interaction_id)
);
create index erasure_unfinished on erasure (asked_at) where done_at is null;
