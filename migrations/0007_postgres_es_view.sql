-- The log in the shape of table that postgres-es reads (docs/decisions/0007), for programs written with that crate.
-- Such a program finds the view under its default name, `events`, if `postgres_es` is on its search path.
--
-- Nothing can be written through it, since it joins tables. Personal data is as it is stored: sealed. What postgres-es
-- has no column for is in `metadata`.
create schema postgres_es;
create view postgres_es.events as
select s.stream_type as aggregate_type,
    s.stream_id::text as aggregate_id,
    e.version::bigint as sequence,
    e.event_type,
    e.schema_version::text as event_version,
    e.payload,
    json_strip_nulls(json_build_object(
        'tenant_id', e.tenant_id::text,
        'log_id', e.log_id::text,
        'position', e.pos::text,
        'recorded_at', to_char(e.recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'event_id', e.event_id::text,
        'command_id', e.command_id::text,
        'correlation_id', e.correlation_id::text,
        'causation_id', e.causation_id::text,
        'actor', e.actor)) as metadata,
    -- For those who know the seller and the stream: these are looked up in indexes. `aggregate_id` is text and no
    -- column, so a condition on it alone reads the list of streams, though never the events of other streams.
    t.tenant_id,
    s.stream_id
from es.tenant_log t
join es.stream s on s.log_id = t.log_id and s.tenant_id = t.tenant_id
join es.event e on e.log_id = s.log_id and e.tenant_id = s.tenant_id and e.stream_id = s.stream_id;

-- Tells the planner that one text is one stream. Otherwise it expects a fixed share of all streams and, for so many,
-- would rather read all events.
create statistics postgres_es.stream_as_text on (stream_id::text) from es.stream;
