-- What counts as a complaint (docs/metrics.md), so that whoever counts them and whoever lists them mean the same; in rows of
-- memory `projections::inbox` says it, too.
create function complains(channel text, sentiment text, intent text) returns boolean
    language sql immutable parallel safe
    return sentiment = 'negative'
        or (channel = 'review' and sentiment = 'neutral'
            and intent in ('defect', 'wrong_item', 'delivery', 'sizing', 'return'));

create index inbox_complaints on inbox (tenant_id, occurred_at)
    include (account_id, marketplace, channel, intent, product_article)
    where complains(channel, sentiment, intent);
