-- A restored database has forgotten what buyers have seen since. By its epochs it is known for what it is, and nothing goes
-- out from it until it was compared with the marketplaces: docs/decisions/0011.

-- Where a database is: its server, the server's timeline and the database's number there. A recovery from archived WAL
-- and a promoted standby have another timeline, a dump is read into another database.
create function es.place() returns text language sql volatile as $fn$
    select c.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || d.oid
        from pg_control_system() c, pg_database d where d.datname = current_database()
$fn$;

-- Times of the database between two restores. The last row is the present one.
create table es.epoch (
    number int not null,
    epoch_id uuid not null default gen_random_uuid(),
    began_at timestamptz not null default clock_timestamp(),
    place text not null default es.place(),
    -- The epoch that was kept outside when this one began, which the restored database need not know.
    found_outside uuid,
    -- When replies were let out under it; until then the one before is kept outside.
    accepted_at timestamptz,
    constraint epoch_pk primary key (number)
);
-- The last position of each log when an epoch began: what was read after it in an earlier epoch is not there any more.
create table es.epoch_start (
    number int not null constraint epoch_start_epoch_fk references es.epoch,
    log_id int not null,
    last_pos bigint not null,
    constraint epoch_start_pk primary key (number, log_id)
);
insert into es.epoch (number, accepted_at) values (1, clock_timestamp());
revoke all on es.epoch, es.epoch_start from public;

-- A stop is a person's, or the quarantine of a database that was restored. One of each may last.
alter table installation_stop
    add column cause text not null default 'person' constraint installation_stop_cause check (cause in ('person', 'restored')),
    -- By what a restored database was known for one; null where a person said so.
    add column found text,
    -- What was under way at the marketplaces when the database was lost shows by then: reading earlier proves nothing.
    add column shown_by timestamptz,
    -- Why it was ended before everything had been read back.
    add column resume_reason text;
alter table installation_stop
    add constraint installation_stop_shown_by check ((cause = 'restored') = (shown_by is not null));
drop index installation_stop_lasting;
create unique index installation_stop_lasting on installation_stop (cause) where resumed_at is null;

-- What is owed is read back at its marketplace after a restore, before it may go out.
alter table effect
    add column read_back_at timestamptz,
    -- Not tried again before this.
    add column read_back_next timestamptz,
    -- Why it could not be read, in the words of `error_code` of a channel.
    add column read_back_failure text;

-- When the last round that has ended had begun: only one that began after a restore tells of what buyers have seen by then.
alter table channel_sync add column read_from timestamptz;
