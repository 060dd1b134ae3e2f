-- Read model: how well each interaction was answered, as far as the first answer to the buyer's first words goes, and what
-- went wrong on the way. What each metric counts is in docs/metrics.md. No column holds a buyer's words, so that what was
-- counted stays when they are erased. Made from the log: agentiq rebuild metric.
create table metric (
    tenant_id uuid not null,
    interaction_id uuid not null,
    account_id uuid not null,
    marketplace text not null,
    channel text not null,
    product_article text not null,
    rating smallint,
    -- What the newest draft was written for, until there was an answer; null where nobody read the words.
    intent text,
    -- When the buyer's first words were read here; null in a chat in which they wrote none.
    read_at timestamptz,
    -- When the first answer stood that still does, by whom it was (operator, automatic, elsewhere), which reply it is, and
    -- who asked for that; null where none is known.
    answered_at timestamptz,
    answered_by text,
    reply_id uuid,
    operator text,
    -- What that reply is to its draft, and the share of characters that it changed, in thousandths.
    outcome text,
    changed smallint,
    -- From the buyer's words to the answer, and from when they were read here; null where nobody can say.
    waited_seconds bigint,
    handled_seconds bigint,
    -- By when an answer was promised last before there was one; whether that was past when it was set; whether it was said
    -- that it passed.
    answer_by timestamptz,
    was_past boolean not null,
    breached boolean not null,
    -- The metrics that count it, each with the time at which it does.
    facts jsonb not null,
    -- The earliest and the latest of these times.
    first_at timestamptz,
    last_at timestamptz,
    -- How replies were asked for that are not known to stand, by their ids.
    asked jsonb not null,
    -- How far answering has come.
    answering jsonb not null,
    version int not null,
    constraint metric_pkey primary key (tenant_id, interaction_id)
);
create index metric_counted on metric (tenant_id, last_at) where last_at is not null;
