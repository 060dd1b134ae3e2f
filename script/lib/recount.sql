-- The numbers about answers, counted anew from the events of a log by the definitions of docs/metrics.md. Another
-- language and another way than the program's: it looks at all events of an interaction at once, where the program
-- takes one after another. For DuckDB; the placeholder is the export of the log.
create table event as
    select stream_id as id, version, recorded_at, actor, payload, payload ->> 'type' as type
    from read_csv('{events}', header = true, columns = {{'stream_id': 'uuid', 'version': 'int',
        'recorded_at': 'timestamp', 'actor': 'varchar', 'payload': 'json'}});

-- Times in UTC, as the log has them.
create macro moment(text) as strptime(left(text, 19), '%Y-%m-%dT%H:%M:%S');

create table interaction as
    with source as (
        select id, recorded_at as read_at, payload -> 'source' as source from event where type = 'Ingested'
    ), content as (
        select id, arg_max(payload -> 'content', version) as content from event
            where type in ('Ingested', 'ContentRevised') group by id
    )
    select id, read_at, source ->> 'channel' as channel, source ->> 'marketplace' as marketplace,
        source ->> 'account_id' as account, moment(source ->> 'occurred_at') as wrote_at,
        nullif(content ->> '$.product.article', '') as product, content ->> 'rating' as rating
    from source join content using (id);

-- What a buyer wrote first in a chat.
create table first_words as
    select id, min(version) as version, arg_min(moment(payload ->> '$.message.sent_at'), version) as wrote_at,
        arg_min(recorded_at, version) as read_at
    from event where type = 'MessageReceived' and payload ->> '$.message.author' = 'buyer' group by id;

create table asked as
    select id, payload ->> 'reply_id' as reply_id, any_value(payload) as payload, any_value(actor) as actor
    from event where type = 'ReplyRequested' group by all;

create table taken as
    select id, version, payload ->> 'reply_id' as reply_id,
        moment(coalesce(payload ->> 'accepted_at', payload ->> 'seen_at')) as happened
    from event where type in ('ReplySent', 'ReplyPublished');

create table lost as
    select id, version, payload ->> 'reply_id' as reply_id from event
    where type = 'ReplyModerationFailed' or (type = 'ReplySendFailed' and payload ->> 'failure' = 'not_published');

-- Each answer that stands in the end, with where in the history it began to.
create table stands as
    -- Of ours under a review or a question, what was taken after the last loss.
    select id, version, reply_id, happened, true as is_timed from taken join interaction using (id)
    where channel <> 'chat'
        and version > coalesce((select max(version) from lost where lost.id = taken.id), 0)
    union all
    -- From elsewhere, what was seen after the last refusal.
    select id, version, null, moment(payload ->> 'seen_at'), false from event
    where type = 'ReplyObserved' and payload ->> '$.answer.state' <> 'rejected'
        and version > coalesce((select max(r.version) from event r
            where r.id = event.id and r.type = 'ReplyObserved' and r.payload ->> '$.answer.state' = 'rejected'), 0)
    union all
    -- In a chat, what followed the buyer's first words and was not lost.
    select id, taken.version, reply_id, happened, true from taken join first_words using (id)
    where taken.version > first_words.version
        and not exists (select 1 from lost where lost.id = taken.id and lost.reply_id = taken.reply_id)
    union all
    select id, event.version, null, moment(payload ->> '$.message.sent_at'), true
    from event join first_words using (id)
    where type = 'MessageReceived' and payload ->> '$.message.author' = 'seller'
        and event.version > first_words.version;

create table answer as
    select s.id, s.version, s.reply_id, s.happened, is_timed,
        greatest(0, date_diff('second', coalesce(w.wrote_at, i.wrote_at), s.happened)) as waited,
        -- Cut as the program cuts it: parts of a second do not count.
        greatest(0, trunc(epoch(s.happened - coalesce(w.read_at, i.read_at))))::bigint as handled,
        (a.payload ->> '$.lineage.changed')::int as changed,
        case when s.reply_id is null then null
            when a.payload ->> 'automation' is not null then 'automatic'
            when (a.payload ->> '$.lineage.changed')::int = 0 then 'accepted'
            when a.payload ->> 'bulk_id' is not null then 'in_bulk'
            when (a.payload ->> '$.lineage.changed')::int <= 500 then 'edited'
            when a.payload ->> '$.lineage.changed' is null and a.payload ->> 'draft_id' is not null then 'unmeasured'
            else 'manual' end as outcome,
        case when a.payload ->> 'automation' is null and a.payload ->> 'bulk_id' is null then a.actor end as operator
    from (select * from stands qualify row_number() over (partition by id order by version) = 1) s
    join interaction i using (id)
    left join first_words w using (id)
    left join asked a on a.id = s.id and a.reply_id = s.reply_id;

-- What the newest draft before the answer was written for, unless the words talked to its writer.
create table intent as
    select event.id, arg_max(payload ->> '$.origin.analysis.intent', event.version) as intent
    from event left join answer using (id)
    where type = 'DraftProposed' and payload ->> '$.origin.analysis.intent' is not null
        and coalesce(payload ->> '$.origin.is_attacked', 'false') = 'false'
        and event.version < coalesce(answer.version, 1000000)
    group by event.id;

-- The last promise before the answer, and whether it was said that its time has passed.
create table promise as
    select event.id, arg_max(moment(payload ->> '$.deadline.answer_by'), event.version) as answer_by,
        arg_max(coalesce(payload ->> 'was_past', 'false') = 'true', event.version) as was_past
    from event left join answer using (id)
    where type = 'DeadlineSet' and event.version < coalesce(answer.version, 1000000)
    group by event.id;

create table settled as
    select id, case when answer.happened <= answer_by then 'sla_met' else 'sla_missed' end as name,
        least(coalesce(answer.happened, answer_by), answer_by) as happened
    from promise left join answer using (id)
    where not was_past and (answer.happened is not null or exists (
        select 1 from event where event.id = promise.id and type = 'SlaBreached'
            and moment(payload ->> 'answer_by') = promise.answer_by));

create table trouble as
    select id, recorded_at, unnest(case type
            when 'ReplyModerationFailed' then ['refused']
            when 'ReplyOutcomeUnknown' then ['unknown']
            else list_concat(['failed', 'failed_by_' || (payload ->> 'failure')], case payload ->> 'failure'
                when 'not_published' then ['in_doubt'] when 'never_arrived' then ['in_doubt']
                when 'unprovable' then ['in_doubt'] else [] end)
            end) as name
    from event where type in ('ReplyModerationFailed', 'ReplyOutcomeUnknown', 'ReplySendFailed');

create table fact as
    select id, unnest(list_filter(['answered',
            case when reply_id is null then 'answered_elsewhere' else 'answered_here' end,
            outcome,
            case when outcome in ('accepted', 'edited', 'manual') then 'judged' end,
            case when outcome in ('accepted', 'edited', 'manual') and changed is not null then 'measured' end,
            case when is_timed then 'timed' end], lambda name: name is not null)) as name, happened
    from answer
    union all
    select id, name, happened from settled
    union all
    select id, 'sla_due', happened from settled
    union all
    -- What went wrong counts when it did first.
    select id, name, min(recorded_at) from trouble group by all;

create table counted as
    select fact.id, name, {{'all': null, 'channel': channel, 'marketplace': marketplace, 'account': account,
            'product': product, 'intent': intent, 'rating': rating, 'operator': operator,
            'day': strftime(fact.happened + interval 3 hour, '%Y-%m-%d')}} as keys,
        case name when 'timed' then waited when 'answered_here' then handled when 'measured' then changed end as value
    from fact
    join interaction using (id)
    left join answer using (id)
    left join intent using (id);

create table recount as
    with told as (
        select unnest(['all', 'channel', 'marketplace', 'account', 'product', 'intent', 'rating', 'operator', 'day'])
            as told_by
    ), keyed as (
        select told_by, case told_by when 'channel' then keys.channel when 'marketplace' then keys.marketplace
                when 'account' then keys.account when 'product' then keys.product when 'intent' then keys.intent
                when 'rating' then keys.rating when 'operator' then keys.operator when 'day' then keys.day end as key,
            name, value
        from counted cross join told
    )
    select told_by, key, name, count(*) as count, quantile_disc(value, 0.5) as p50, quantile_disc(value, 0.9) as p90
    from keyed group by all;
