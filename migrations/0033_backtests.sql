-- Backtests: rules about automatic replies, held against history. No read model, since what was found is named as evidence
-- and stays as it was, whatever comes later.
create table backtest (
    tenant_id uuid not null,
    backtest_id uuid not null,
    made_at timestamptz not null default clock_timestamp(),
    -- `user:<id>`, or `system:<part>`.
    made_by text not null,
    -- Drafts that were made since the one time and before the other.
    since timestamptz not null,
    until timestamptz not null,
    -- The rules, and the version of whoever decided by them.
    rules jsonb not null,
    policy int not null,
    -- What one reply was taken to cost, in seconds.
    seconds_per_reply int not null,
    -- Numbers, ids and times: nothing that anybody said.
    report jsonb not null,
    constraint backtest_pkey primary key (tenant_id, backtest_id)
);
create index backtest_by_time on backtest (tenant_id, made_at desc, backtest_id desc);

create function refuse_other_evidence() returns trigger language plpgsql as $fn$
begin
    raise exception 'what a backtest found stays as it was' using errcode = 'insufficient_privilege';
end $fn$;
create trigger backtest_only_inserted before update or delete on backtest
    for each row execute function refuse_other_evidence();
