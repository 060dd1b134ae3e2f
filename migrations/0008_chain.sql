-- The chain over the log: what is sealed cannot be changed, dropped, added to or put in another order without being
-- found, as long as one of the later signed heads is kept outside this database. docs/decisions/0008 has the formats.

-- One row seals the events of one log from `first_pos` to `last_pos`. Positions have no gaps, neither have seals.
-- `leaves` is the SHA-256 of each event, 32 bytes one after the other: by them a fault is found at its position and an
-- event is proved without reading its neighbours. `root` is their Merkle tree's, `hash` is over everything above and
-- `previous`, the hash of the seal before (32 zeros before the first).
create table es.seal (
    log_id int not null,
    number bigint not null,
    first_pos bigint not null,
    last_pos bigint not null,
    sealed_at timestamptz not null,
    leaves bytea not null,
    root bytea not null,
    previous bytea not null,
    hash bytea not null,
    constraint seal_pk primary key (log_id, number),
    constraint seal_last_pos_key unique (log_id, last_pos),
    constraint seal_leaves_whole check (octet_length(leaves) = 32 * (last_pos - first_pos + 1)),
    constraint seal_hashes_whole check (
        octet_length(root) = 32 and octet_length(previous) = 32 and octet_length(hash) = 32)
);
-- Hashes do not compress; trying takes time.
alter table es.seal alter column leaves set storage external;

-- Copies of the signed heads, for proofs and for the console. What is checked against is the file outside.
create table es.signed_head (
    id bigint generated always as identity constraint signed_head_pk primary key,
    signed_at timestamptz not null,
    line text not null
);
create table es.signed_log (
    log_id int not null,
    number bigint not null,
    signed_head_id bigint not null constraint signed_log_head_fk references es.signed_head,
    constraint signed_log_pk primary key (log_id, number, signed_head_id)
);

create function es.refuse_seal_change() returns trigger language plpgsql as $fn$
begin
    raise exception 'seals and signed heads are only inserted' using errcode = 'insufficient_privilege';
end $fn$;
create trigger seal_only_inserted before update or delete or truncate on es.seal
    for each statement execute function es.refuse_seal_change();
create trigger signed_head_only_inserted before update or delete or truncate on es.signed_head
    for each statement execute function es.refuse_seal_change();
create trigger signed_log_only_inserted before update or delete or truncate on es.signed_log
    for each statement execute function es.refuse_seal_change();

revoke all on es.seal, es.signed_head, es.signed_log from public;

-- A program that may only insert must still make room for the months to come.
alter function es.ensure_partitions(int) security definer set search_path = pg_catalog, es;
