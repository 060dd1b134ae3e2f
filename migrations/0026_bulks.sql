-- Read model: replies to many interactions that were asked for at once, one row a bulk. Its items are read from its stream.
create table bulk (
    tenant_id uuid not null,
    bulk_id uuid not null,
    -- 'running', 'stopping' until what was held is taken back, 'stopped' or 'done'.
    state text not null,
    -- Whether each item gets its own draft, not one text for all.
    drafts boolean not null,
    items int not null,
    taken int not null,
    refused int not null,
    requested_at timestamptz not null,
    requested_by text not null,
    updated_at timestamptz not null,
    version int not null,
    constraint bulk_pkey primary key (tenant_id, bulk_id)
);
create index bulk_by_time on bulk (tenant_id, requested_at desc, bulk_id desc);
create index bulk_open on bulk (requested_at) where state in ('running', 'stopping');

-- The bulk that a reply is a part of. Replies before there were bulks have none, so no rebuild is needed.
alter table reply_history add column bulk_id uuid;
create index reply_history_by_bulk on reply_history (tenant_id, bulk_id) where bulk_id is not null;
