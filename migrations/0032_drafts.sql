-- Drafts that are there before anybody asks: what each interaction is about, how its draft stands, and who is making one.

-- What an interaction is about is read from its words, so that the inbox of an installation that has one is to be rebuilt
-- (agentiq rebuild inbox); until then its rows stand as their defaults say, and no draft of them is due unless somebody
-- asks for it.
alter table inbox
    -- Counts what whoever answers should have seen; null where nobody counted from the beginning.
    add column basis int,
    -- What the buyer wants and how they feel, in the words of the domain.
    add column intent text not null default 'general',
    add column sentiment text not null default 'neutral',
    -- How soon somebody should answer: 0 urgent, 1 high, 2 normal, 3 low.
    add column priority smallint not null default 2,
    -- The basis that the last draft was made of; null where there was none.
    add column draft_basis int,
    -- How often a draft was asked for, and how many of these wishes were met.
    add column drafts_asked int not null default 0,
    add column drafts_answered int not null default 0,
    -- In which order a draft is to be made: 0 where somebody waits for it, then by priority; null where none is, or
    -- where nobody knows of what it would be made.
    add column draft_rank smallint;
create index inbox_drafts_due on inbox (tenant_id, draft_rank, occurred_at desc) where draft_rank is not null;
create index inbox_by_priority on inbox (tenant_id, priority, occurred_at desc, interaction_id desc) where needs_response;

-- Whether the seller has drafts made before anybody asks. No event tells otherwise before this.
alter table sending add column drafts_ahead boolean not null default true;

-- Who is making which draft, so that no two do the same. The draft's id derives from the same three, so that a lease that
-- is lost costs nothing but the work.
create table draft_lease (
    tenant_id uuid not null,
    interaction_id uuid not null,
    -- What the draft is made of, and how often one was asked for by then.
    basis int not null,
    asked int not null,
    owner uuid not null,
    -- After its end somebody else may make it; what was made is in the inbox by then.
    lease_until timestamptz not null,
    -- Whether it is left alone until then, and nobody is making it.
    rests boolean not null default false,
    constraint draft_lease_pkey primary key (tenant_id, interaction_id)
);

-- How fast each seller's model writes drafts that nobody asked for: in batches of so many a minute, with a pause between
-- two of them.
create table draft_pace (
    tenant_id uuid not null,
    -- When the batch began, how many it has, and how many of them were urgent.
    began_at timestamptz not null,
    made int not null,
    urgent int not null,
    -- Not before this; the first urgent ones of a batch do not wait for it.
    next_at timestamptz not null,
    constraint draft_pace_pkey primary key (tenant_id)
);
