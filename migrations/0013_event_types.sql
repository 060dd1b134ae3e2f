-- Which types of events the log holds, so that a program can tell at its start whether it reads all of them. A type is
-- noted before its first event is stored: one that is noted and not stored harms nothing.

create table es.event_type (
    stream_type text not null,
    event_type text not null,
    schema_version int not null,
    noted_at timestamptz not null default now(),
    constraint event_type_pk primary key (stream_type, event_type, schema_version)
);

revoke all on es.event_type from public;
