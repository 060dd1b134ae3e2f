-- By when a buyer who waits is to be answered, what was said of that, and what is to be done about it next.

-- Since when a buyer waits is counted from the beginning, so that the inbox of an installation that has one is to be
-- rebuilt (agentiq rebuild inbox); until then what was there before has no deadline.
alter table inbox
    -- Since when the buyer waits, or last waited; and since when once the newest reply is taken.
    add column waits_since timestamptz,
    add column waits_next timestamptz,
    -- Counts what a deadline follows from.
    add column said int not null default 0,
    -- What was promised for this wait, null where nothing was: after how much was said, how urgent it is (0 for the most
    -- urgent), by which version of the seller's policy and which rule of it, when it is escalated, by when to answer.
    add column deadline_said int,
    add column deadline_priority smallint,
    add column sla_policy int,
    add column sla_rule int,
    add column warn_at timestamptz,
    add column answer_by timestamptz,
    -- What was said of it so far.
    add column escalated boolean not null default false,
    add column breached boolean not null default false,
    -- By when to answer, while that is promised to a buyer who waits; a day that never comes otherwise.
    add column due_by timestamptz not null default '9999-12-31 00:00:00+00',
    -- When the promise is next to be held against the time.
    add column timer_at timestamptz,
    -- The policy by which a buyer who waits was promised an answer, -1 where they were not; null where nobody waits.
    add column deadline_of int;

-- The version of what the seller wants of deadlines; 0 is the default.
alter table sending add column sla_version int not null default 0;

-- What was done about a deadline a moment ago, of which the inbox has yet to hear, so that nobody does it again meanwhile.
-- What is done twice is done once: the interaction decides. So a row that is lost costs nothing but the work.
create table deadline_rest (
    tenant_id uuid not null,
    interaction_id uuid not null,
    -- Whether it was set, or held against the time.
    what text not null constraint deadline_rest_what check (what in ('set', 'check')),
    -- The row of the inbox that it was done for.
    version int not null,
    rests_until timestamptz not null,
    constraint deadline_rest_pkey primary key (tenant_id, interaction_id, what)
);
