-- Comparisons of models: the inputs of past drafts, answered once more by another model. No read model and no
-- history: it is reckoned again and paid for, and nothing of it is a draft. Numbers, ids, times and names of models:
-- nothing that anybody said.
create table comparison (
    tenant_id uuid not null,
    comparison_id uuid not null,
    made_at timestamptz not null default clock_timestamp(),
    -- `user:<id>`, or `system:<part>`.
    made_by text not null,
    -- Drafts that were made since the one time and before the other.
    since timestamptz not null,
    until timestamptz not null,
    -- The model that answers once more, by the provider's name.
    model text not null,
    -- What it may cost, in millionths of a dollar, and how many drafts it is about at most.
    budget_micro_usd bigint not null,
    drafts_max int not null,
    state text not null default 'wanted',
    -- Why it failed.
    failure text,
    -- What it has cost, with the most that calls can cost that are under way or were cut off. The row is locked for as
    -- long as it takes to add to it, so that calls made side by side cannot go beyond the budget together.
    spent_micro_usd bigint not null default 0,
    -- Drafts of the period that it is not about, counted by reason; null until those that it is about are chosen.
    passed_over jsonb,
    -- Who is at it, and until when it is left alone.
    owner uuid,
    next_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    constraint comparison_pkey primary key (tenant_id, comparison_id),
    constraint comparison_state check (state in ('wanted', 'running', 'done', 'out_of_budget', 'stopped', 'failed')),
    constraint comparison_ended check ((ended_at is null) = (state in ('wanted', 'running')))
);
create index comparison_by_time on comparison (tenant_id, made_at desc, comparison_id desc);
create index comparison_open on comparison (tenant_id, made_at, comparison_id) where ended_at is null;

-- The drafts that a comparison is about: how each was then, and how the other model did.
create table comparison_draft (
    tenant_id uuid not null,
    comparison_id uuid not null,
    draft_id uuid not null,
    interaction_id uuid not null,
    -- What people sent, which both are measured against.
    reply_id uuid not null,
    proposed_at timestamptz not null,
    -- As it was. The share of changed characters in thousandths; what is null is not known.
    changed_before smallint not null,
    model_before text,
    prompt_before int,
    cost_before_micro_usd bigint,
    duration_before_ms int,
    -- Reckoned again; null until it is.
    outcome text,
    -- Why it was left out, or could not be used.
    reason text,
    changed smallint,
    cost_micro_usd bigint,
    duration_ms int,
    constraint comparison_draft_pkey primary key (tenant_id, comparison_id, draft_id),
    constraint comparison_draft_changed check ((changed is not null) = (outcome is not distinct from 'written'))
);

-- The calls of comparisons. Written down before they are made, as those for drafts are: a call whose process died keeps
-- its reservation and is never made again.
create table comparison_call (
    tenant_id uuid not null,
    comparison_id uuid not null,
    draft_id uuid not null,
    -- 2 where the answer to the first was none, or where the first was refused and cost nothing.
    attempt int not null,
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
    constraint comparison_call_pkey primary key (tenant_id, comparison_id, draft_id, attempt),
    constraint comparison_call_ended check ((ended_at is null) = (outcome is null))
);
