-- Addresses at which marketplaces notify of news in a cabinet. A notification is a hint: it makes a reading due.

create table push_receiver (
    tenant_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    -- The cabinet's number at the marketplace: what names another one was not meant for here.
    cabinet text not null,
    -- SHA-256 of the secret part of the address: whoever reads this table cannot notify. The secret itself is sealed in
    -- account_secret, so that its owner can be shown the address again.
    token_hash bytea not null,
    made_at timestamptz not null default now(),
    -- What came to this address since it was made.
    received bigint not null default 0,
    last_received_at timestamptz,
    last_refused_at timestamptz,
    last_refused_reason text,
    constraint push_receiver_pkey primary key (tenant_id, account_id),
    constraint push_receiver_token_key unique (token_hash),
    constraint push_receiver_refusal_whole check ((last_refused_at is null) = (last_refused_reason is null))
);

alter table account_secret
    drop constraint account_secret_kind,
    add constraint account_secret_kind check (kind in ('credential', 'digest_key', 'push_token'));

-- When a notification last asked for a reading. One that came after a round began leads to another round: what it is
-- about may stand on a page that was read already.
alter table channel_sync add column hinted_at timestamptz;
