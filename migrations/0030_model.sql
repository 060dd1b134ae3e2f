-- The calls of the language model and what they cost. Written down before they are made: a call whose process died keeps its
-- reservation and is never made again, so nothing is paid twice for one draft.

create table model_call (
    -- Which draft: derived from the interaction, the buyer's words it answers, and how often somebody asked.
    call_id uuid not null,
    -- 2 where the answer to the first was none, or where the first was refused and cost nothing.
    attempt int not null,
    tenant_id uuid not null,
    interaction_id uuid not null,
    -- The day in Moscow that it counts to.
    day date not null,
    provider text not null,
    model text not null,
    prompt_version int not null,
    price_version text not null,
    -- The most that it can cost.
    reserved_micro_usd bigint not null,
    started_at timestamptz not null default clock_timestamp(),
    -- Null while it is under way, and for ever where its process died.
    ended_at timestamptz,
    -- `answered`, or what went wrong.
    outcome text,
    -- Whether it was refused before anything was carried out, so that it may be made again.
    is_free boolean not null default false,
    -- Null where it is not known: the reservation stands for it.
    cost_micro_usd bigint,
    model_returned text,
    prompt_tokens int,
    cached_tokens int,
    completion_tokens int,
    duration_ms int,
    constraint model_call_pkey primary key (call_id, attempt),
    constraint model_call_ended check ((ended_at is null) = (outcome is null))
);
create index model_call_tenant on model_call (tenant_id, started_at);

-- What a seller has spent in a day, reservations of calls under way included. A row is locked for as long as it takes to add
-- to it, so that calls made side by side cannot go beyond a limit together.
create table model_spending (
    tenant_id uuid not null,
    day date not null,
    drafts int not null,
    micro_usd bigint not null,
    constraint model_spending_pkey primary key (tenant_id, day)
);
