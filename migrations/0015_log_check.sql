-- What `agentiq verify` found, for the page about the log. Kept for ever: a fault that a later check does not see again
-- is one as well.

create table es.log_check (
    -- `chain`, `heads`, `numbers`, `commands` or a read model.
    name text not null,
    checked_at timestamptz not null default clock_timestamp(),
    sound boolean not null,
    faults bigint not null,
    -- Places of the first faults, without words about them: those may name other sellers.
    places jsonb not null,
    constraint log_check_pk primary key (name, checked_at)
);
revoke all on es.log_check from public;
