-- Read model: buyers' claims for return, one row a claim.
create table claim (
    tenant_id uuid not null,
    claim_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    external_id text not null,
    -- What was decided about the buyer's money, and what becomes of the goods.
    state text not null,
    goods text not null,
    archived boolean not null,
    origin text not null,
    product_article text not null,
    product_name text not null,
    order_id text,
    ordered_at timestamptz,
    delivered_at timestamptz,
    -- What the buyer paid, in hundredths, and the currency by its number in ISO 4217.
    price_minor bigint,
    currency text,
    -- What the seller may answer at the marketplace, in its words.
    actions jsonb not null,
    -- What people wrote and showed: comment, answer, device_check, photos, videos.
    words jsonb not null,
    occurred_at timestamptz not null,
    -- When it was decided, by the marketplace's clock; of one under review when it was made.
    decided_at timestamptz,
    updated_at timestamptz not null,
    version int not null,
    constraint claim_pkey primary key (tenant_id, claim_id)
);
-- Cabinets that were connected before are read for claims, too; one whose key is lost with its next key.
insert into channel_sync (tenant_id, account_id, marketplace, channel)
    select distinct tenant_id, account_id, marketplace, 'claim' from channel_sync
    where marketplace = 'wildberries' and next_at < 'infinity'
    on conflict on constraint channel_sync_pkey do nothing;

create index claim_by_time on claim (tenant_id, occurred_at desc, claim_id desc);
create index claim_by_order on claim (tenant_id, order_id);

-- As of the other read models: samples would keep an erased buyer's words.
alter table claim alter column words set statistics 0;

-- The buyer of a claim is erased as that of an interaction is: under the id of its stream.
alter table erasure
    add column subject text not null default 'interaction'
        constraint erasure_subject check (subject in ('interaction', 'claim'));
