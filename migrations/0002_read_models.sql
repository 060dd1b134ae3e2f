-- Read models: tables that each answer one question, rebuilt from the log at any time, and the outbox of effects,
-- which alone is never rebuilt. Checkpoints live beside the rows, so that both move in one transaction.

create table projection_checkpoint (
    projection text not null,
    -- `live` is served; `rebuild` is being made anew and takes its place when it has caught up.
    generation text not null constraint projection_checkpoint_generation check (generation in ('live', 'rebuild')),
    log_id int not null,
    pos bigint not null default 0,
    -- Raised by whoever takes the lease over: a batch of the earlier owner then finds no row to move.
    epoch bigint not null default 0,
    owner uuid,
    lease_until timestamptz,
    -- How often an owner was lost at this place, which an event that kills its reader would explain.
    losses int not null default 0,
    -- Up to here each event is applied alone, so that such an event is found and parked with its stream.
    alone_until bigint not null default 0,
    constraint projection_checkpoint_pkey primary key (projection, generation, log_id)
) with (fillfactor = 50);

-- Streams that a projection cannot apply: this event and every later one of the stream wait, others go on.
create table parked_stream (
    projection text not null,
    generation text not null,
    log_id int not null,
    tenant_id uuid not null,
    stream_id uuid not null,
    first_pos bigint not null,
    error text not null,
    -- The program that an event killed or stopped: it does not try that stream again by itself. Null when trying again
    -- is harmless.
    harms_program text,
    parked_at timestamptz not null default now(),
    constraint parked_stream_pkey primary key (projection, generation, stream_id)
);

-- What waits for an operator, and what was answered: one row an interaction.
create table inbox (
    tenant_id uuid not null,
    interaction_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    channel text not null,
    external_id text not null,
    rating smallint,
    buyer_name text,
    product_name text not null,
    product_article text not null,
    product_brand text,
    preview text not null,
    closed boolean not null default false,
    has_draft boolean not null default false,
    -- The first version of ours, whose refusal leaves the buyer without an answer; an edit's refusal does not.
    answer_id uuid,
    -- The newest version of ours that was let out, and how far it has come.
    reply_id uuid,
    reply_state text,
    -- Until when a version that is held can be taken back; null where none is.
    held_until timestamptz,
    -- The marketplace took an answer of ours, though it may not be visible yet.
    answer_stands boolean not null default false,
    -- An answer stands at the marketplace that did not come from here.
    observed_stands boolean not null default false,
    -- When the buyer's last message of a chat was sent.
    buyer_wrote_at timestamptz,
    -- A message of the buyer came in after the newest reply was asked for, which therefore does not answer it.
    buyer_wrote_since boolean not null default false,
    -- When the seller's last message of a chat that is not from here was sent.
    seller_wrote_at timestamptz,
    -- The review that this one adds to, and the one that was added to it, as far as this one's marketplace named them;
    -- either may never be read.
    parent_id uuid,
    supplement_id uuid,
    status text not null,
    needs_response boolean not null,
    occurred_at timestamptz not null,
    updated_at timestamptz not null,
    version int not null,
    constraint inbox_pkey primary key (tenant_id, interaction_id)
);
create index inbox_by_time on inbox (tenant_id, occurred_at desc, interaction_id desc);
create index inbox_waiting on inbox (tenant_id, occurred_at desc, interaction_id desc) where needs_response;
create index inbox_counts on inbox (tenant_id, status, rating, needs_response);
create index inbox_by_parent on inbox (tenant_id, parent_id) where parent_id is not null;
create index inbox_by_supplement on inbox (tenant_id, supplement_id) where supplement_id is not null;
create index inbox_drafts on inbox (tenant_id, interaction_id) where has_draft and needs_response;
create index inbox_by_status on inbox (tenant_id, status, occurred_at desc, interaction_id desc);

-- One interaction whole: what the buyer left and the draft on offer.
create table thread (
    tenant_id uuid not null,
    interaction_id uuid not null,
    content jsonb not null,
    revisions int not null default 0,
    draft jsonb,
    -- Of a chat, in the order they were sent.
    messages jsonb not null default '[]',
    version int not null,
    constraint thread_pkey primary key (tenant_id, interaction_id)
);

-- Every version of every reply, ours and those given at the marketplace, with its times.
create table reply_history (
    tenant_id uuid not null,
    interaction_id uuid not null,
    reply_id uuid not null,
    kind text not null,
    state text not null,
    text text,
    -- What it carries: name, kind and size of each file.
    files jsonb not null default '[]',
    requested_at timestamptz not null,
    requested_by text,
    -- Until when it can be taken back; null once it is out, or was never held.
    held_until timestamptz,
    sent_at timestamptz,
    published_at timestamptz,
    attempts int not null default 0,
    failure text,
    marketplace_text text,
    retry_at timestamptz,
    -- Of a text that was asked for here: equal for texts of the seller with equal words, gone with the text.
    words_key bigint,
    -- Place of the request in the stream: the order in which versions were asked for.
    version int not null,
    -- Place of the last event that the row includes.
    applied_version int not null,
    constraint reply_history_pkey primary key (tenant_id, interaction_id, reply_id)
);
-- Neither column changes before an erasure, so that what becomes of a reply costs the index nothing.
create index reply_history_by_time on reply_history (tenant_id, requested_at desc, reply_id desc);
create index reply_history_by_words on reply_history (tenant_id, words_key, requested_at) where words_key is not null;

-- Connected marketplace cabinets.
create table account (
    tenant_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    name text not null,
    access_lost_reason text,
    access_lost_since timestamptz,
    -- What the key says of itself, and the last warning of its end: 14, 7 or 1 days.
    key_kind text,
    key_expires_at timestamptz,
    key_expiring_days int,
    -- Channels that cannot be used: a list of objects with channel, to (reading or answering), reason and since.
    closed jsonb not null,
    connected_at timestamptz not null,
    version int not null,
    constraint account_pkey primary key (tenant_id, account_id)
);

-- Outbox: calls owed to the outside world. Filled by a projection, emptied by workers under leases.
create table effect (
    tenant_id uuid not null,
    -- Derived from the event that owes it, so that owing it twice is harmless.
    effect_id uuid not null,
    log_id int not null,
    stream_id uuid not null,
    account_id uuid not null,
    cause_pos bigint not null,
    cause_event_id uuid not null,
    correlation_id uuid,
    kind text not null,
    payload jsonb not null,
    state text not null default 'pending'
        constraint effect_state check (state in ('pending', 'leased', 'calling', 'done')),
    next_at timestamptz not null,
    owner uuid,
    -- Raised with every claim: the late result of an earlier owner finds no row to change.
    fence bigint not null default 0,
    lease_until timestamptz,
    -- What was read or answered, for the person who has to decide.
    evidence jsonb not null default '[]',
    created_at timestamptz not null default now(),
    done_at timestamptz,
    constraint effect_pkey primary key (tenant_id, effect_id)
);
create index effect_unfinished on effect (kind, next_at) where state <> 'done';
create index effect_unfinished_by_stream on effect (tenant_id, stream_id, cause_pos) where state <> 'done';

-- Which account an interaction belongs to: the outbox's own note, since events after the first do not repeat it.
create table effect_account (
    tenant_id uuid not null,
    interaction_id uuid not null,
    account_id uuid not null,
    constraint effect_account_pkey primary key (tenant_id, interaction_id)
);

-- The planner's memory keeps samples of columns, and would keep an erased buyer's words until the next ANALYZE. Nothing
-- is planned by these columns. A rebuild gives its tables the same.
alter table inbox alter column buyer_name set statistics 0, alter column preview set statistics 0;
alter table thread
    alter column content set statistics 0, alter column draft set statistics 0,
    alter column messages set statistics 0;
alter table reply_history
    alter column text set statistics 0, alter column files set statistics 0,
    alter column marketplace_text set statistics 0;
alter table effect alter column evidence set statistics 0;
