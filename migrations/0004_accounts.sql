-- Marketplace cabinets outside the log: secrets do not belong there, and how far a cabinet was read is not history.

-- The key of a seller, under which its secrets in other tables are sealed, itself wrapped by the master key `kek_id`: a
-- change of master key touches these rows and nothing that is sealed.
create table seller_key (
    tenant_id uuid not null,
    wrapped_key bytea not null,
    kek_id text not null,
    created_at timestamptz not null default now(),
    constraint seller_key_pkey primary key (tenant_id)
);
create index seller_key_by_kek on seller_key (kek_id, tenant_id);

-- Secrets of a cabinet, sealed under the key of the seller and bound to their row and field: the marketplace's key, and
-- the key of the digests below.
create table account_secret (
    tenant_id uuid not null,
    account_id uuid not null,
    kind text not null constraint account_secret_kind check (kind in ('credential', 'digest_key')),
    sealed bytea not null,
    replaced_at timestamptz not null default now(),
    constraint account_secret_pkey primary key (tenant_id, account_id, kind)
);

-- How far each channel of a cabinet was read, and who reads it now. Channels go on by themselves: one that fails stops no
-- other.
create table channel_sync (
    tenant_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    channel text not null,
    -- Where the round stands, in the marketplace's own shape; JSON null before its first page. Survives restarts, so that
    -- a back-fill goes on where it was.
    cursor jsonb not null default 'null',
    -- Where rounds go on in a channel that is read as one stream; JSON null before its first page.
    resume jsonb not null default 'null',
    round_began_at timestamptz not null default now(),
    backfill_done boolean not null default false,
    -- When everything was last read, not only what is recent.
    whole_read_at timestamptz,
    items_seen bigint not null default 0,
    -- `infinity` while the marketplace does not accept the key.
    next_at timestamptz not null default now(),
    -- Raised with every claim: the late result of an earlier reader finds no row to change.
    fence bigint not null default 0,
    lease_until timestamptz,
    last_synced_at timestamptz,
    -- Planned pause between rounds, as the last one left it: longer than the setting where the key allows few calls.
    pause_seconds int,
    error_code text,
    error_message text,
    error_since timestamptz,
    error_count int not null default 0,
    constraint channel_sync_pkey primary key (tenant_id, account_id, channel)
);
create index channel_sync_due on channel_sync (next_at);

-- What was last taken in of each item, as a keyed digest: an unchanged item costs no command. Keyed, since a plain
-- hash of a short review could be guessed.
create table reading_digest (
    tenant_id uuid not null,
    account_id uuid not null,
    channel text not null,
    external_id text not null,
    digest bytea not null,
    -- When it was last taken in; of a claim for return when the marketplace gave it last, to the hour.
    seen_at timestamptz not null default now(),
    constraint reading_digest_pkey primary key (tenant_id, account_id, channel, external_id)
);
