-- Files that operators attached to replies of chats, from the moment they are chosen until the marketplace has them.
-- Sealed under the buyer's key, so that an erasure makes them unreadable wherever a copy is.
create table attachment (
    tenant_id uuid not null,
    interaction_id uuid not null,
    file_id uuid not null,
    -- Its name, kind, size and digest.
    sealed_about bytea not null,
    sealed bytea not null,
    -- When it was chosen, or last needed. A day later it is removed, unless a reply that carries it is on its way.
    used_at timestamptz not null default now(),
    constraint attachment_pkey primary key (tenant_id, interaction_id, file_id)
);
-- Ciphertext is not compressed in vain.
alter table attachment alter column sealed set storage external;
create index attachment_by_age on attachment (used_at);
