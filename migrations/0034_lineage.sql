-- Read model: what became of each draft, and how each reply that had none came about. No column holds a buyer's words,
-- so that what was measured stays when they are erased. Made from the log: agentiq rebuild lineage.
create table lineage (
    tenant_id uuid not null,
    interaction_id uuid not null,
    -- The draft's id; the reply's where there was no draft.
    lineage_id uuid not null,
    draft_id uuid,
    -- The reply that was measured against it, or had none.
    reply_id uuid,
    outcome text not null,
    -- The share of characters that the reply changed, in thousandths; null where there was nothing to measure.
    changed smallint,
    -- Why an operator did not want it.
    reason text,
    -- Who wrote the draft, and with what.
    source text,
    model text,
    prompt_version int,
    -- How much was said that it was made of.
    basis int,
    -- What its writer took the buyer's words for; null where nobody read them for it.
    intent text,
    -- What its writer was given to read: a list of objects with kind, id and version.
    used jsonb not null default '[]',
    proposed_at timestamptz,
    decided_at timestamptz,
    decided_by text,
    -- Of what a reply decided, what it is without that reply; of what a reply never went out of, what that had decided.
    otherwise jsonb,
    -- How much there is to learn from it, from 0 to 100.
    score smallint not null default 0,
    -- The buyer was erased: there are no words left to learn from.
    erased boolean not null default false,
    -- Place in the stream of the event that made the row, and of the last that it includes.
    version int not null,
    applied_version int not null,
    constraint lineage_pkey primary key (tenant_id, interaction_id, lineage_id)
);
create index lineage_decided on lineage (tenant_id, decided_at desc, lineage_id desc) where decided_at is not null;
create index lineage_to_learn on lineage (tenant_id, score desc, decided_at desc, lineage_id desc)
    where score > 0 and not erased;
-- The latest of each seller, which the alert looks at.
create index lineage_judged on lineage (tenant_id, decided_at desc, lineage_id desc)
    where draft_id is not null and outcome in ('accepted', 'edited', 'manual', 'dismissed');
