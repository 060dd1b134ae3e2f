-- What a marketplace gave and the program could not read: kept as it came until it is given in a readable form or a
-- newer program reads it. Holds a buyer's words, so it is sealed and bound to its row.
create table unread_item (
    tenant_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    channel text not null,
    -- Derived from the marketplace's id, or from a keyed digest of an item that shows none: being given again adds
    -- nothing.
    item_id uuid not null,
    -- The marketplace's id, and the interaction it would be; both null where the item shows no id.
    external_id text,
    interaction_id uuid,
    reason text not null,
    field text,
    -- Whether the marketplace lists it as processed.
    processed boolean not null,
    size_bytes bigint not null,
    -- Only the beginning of a very large item is kept.
    cut boolean not null,
    sealed bytea not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    constraint unread_item_pkey primary key (tenant_id, account_id, item_id),
    constraint unread_item_id_whole check ((external_id is null) = (interaction_id is null))
);
create index unread_item_by_age on unread_item (tenant_id, account_id, channel, first_seen_at);
create index unread_item_by_interaction on unread_item (tenant_id, interaction_id) where interaction_id is not null;

-- How many were given up because they were too many or too old.
alter table channel_sync add column unread_expired bigint not null default 0;
