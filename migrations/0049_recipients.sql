-- Who hears of a seller's alerts outside the console. No read model and no history: addresses are of people, or open
-- doors, and do not belong in a log.
create table recipient (
    tenant_id uuid not null,
    recipient_id uuid not null,
    -- `email`, `telegram` or `webhook`.
    medium text not null,
    -- Sealed: an address, the id of a chat, a URL.
    address bytea not null,
    -- Sealed: by what a program knows that a message is from here.
    signing_key bytea,
    least_severity text not null,
    -- Minutes of the day in the seller's zone.
    quiet_from smallint,
    quiet_until smallint,
    made_at timestamptz not null default clock_timestamp(),
    -- `user:<id>`.
    made_by text not null,
    -- The seller's alerts when it was looked last, and what of them this one was told: urgency by kind.
    seen jsonb not null default '{}',
    told jsonb not null default '{}',
    told_at timestamptz,
    -- When there may be something to tell though nothing has changed.
    look_at timestamptz,
    -- Attempts in a row that did not arrive, since when, and why the last of them did not.
    failures int not null default 0,
    failing_since timestamptz,
    failure text,
    -- What the other side answered then: a status of HTTP or SMTP.
    failure_status smallint,
    -- Who is at it, and until when it is left alone.
    owner uuid,
    next_at timestamptz not null default clock_timestamp(),
    constraint recipient_pkey primary key (tenant_id, recipient_id),
    constraint recipient_quiet check ((quiet_from is null) = (quiet_until is null)),
    constraint recipient_failing check ((failures = 0) = (failing_since is null) and (failures = 0) = (failure is null))
);
create index recipient_due on recipient (next_at);

-- Messages to them, each noted before it is sent. One that may have arrived is sent again under the same id, so that
-- the other side can tell.
create table notice (
    tenant_id uuid not null,
    recipient_id uuid not null,
    notice_id uuid not null,
    made_at timestamptz not null default clock_timestamp(),
    news jsonb not null,
    -- What the recipient was told once this has arrived.
    told jsonb not null,
    attempts int not null default 0,
    -- Null while it is not known; then `arrived`, or why it did not.
    outcome text,
    ended_at timestamptz,
    constraint notice_pkey primary key (tenant_id, recipient_id, notice_id),
    constraint notice_ended check ((outcome is null) = (ended_at is null)),
    constraint notice_recipient foreign key (tenant_id, recipient_id) references recipient on delete cascade
);
-- One at a time.
create unique index notice_open on notice (tenant_id, recipient_id) where outcome is null;
create index notice_by_time on notice (made_at);

-- Whoever has an account can have a message sent to any address, by entering or testing a recipient. How often they did
-- is kept for a day, whatever became of the recipient.
create table recipient_turn (
    tenant_id uuid not null,
    recipient_id uuid not null,
    -- `entered` or `tested`.
    what text not null,
    taken_at timestamptz not null default clock_timestamp()
);
create index recipient_turn_of_seller on recipient_turn (tenant_id, taken_at);
