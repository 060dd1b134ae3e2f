-- One token bucket per seller account and group of marketplace methods, shared by all processes. It is kept as a single
-- time (GCRA): `theoretical_arrival` is when the bucket would be full again, give or take the burst. Losing a row costs
-- one burst, so nothing else refers to it.

create table rate_limit (
    tenant_id uuid not null,
    account_id uuid not null,
    scope text not null,
    theoretical_arrival timestamptz not null,
    -- The marketplace said that no call may come before; null when it never did.
    blocked_until timestamptz,
    -- When the last reply that was told to come back may call; null when none waits. What only reads leaves that token.
    write_due timestamptz,
    -- Slots of replies since the last one of a reading.
    writes_since_read int not null default 0,
    constraint rate_limit_pkey primary key (tenant_id, account_id, scope)
) with (fillfactor = 50);

-- Takes the next slot, if it comes within `p_wait_max`; otherwise takes nothing. `p_kept` tokens stay untouched. Slots
-- come by this database's clock, read under the row's lock, so the clocks of the callers do not matter.
--
-- A reply (`p_writes`) that is told to come back is not overtaken: until 10 seconds after its slot, which is longer than
-- anybody takes to come back, readings take only what is there beside its token, and reserve nothing. Of five slots one
-- is a reading's all the same, or a long row of replies would keep the account from being read.
--
-- Whatever the order of calls and the tokens they keep, each slot taken moves `theoretical_arrival` by at least
-- `p_interval` and lies at most `p_burst` intervals before it: no time of length t holds more than burst + t / interval
-- slots.
create function rate_limit_take(
    p_tenant_id uuid, p_account_id uuid, p_scope text, p_interval interval, p_burst int, p_kept int, p_wait_max interval,
    p_writes boolean)
returns table (taken boolean, slot timestamptz, wait_microseconds bigint, blocked_until timestamptz)
language plpgsql volatile as $fn$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_arrival timestamptz;
    v_blocked timestamptz;
    v_due timestamptz;
    v_writes int;
    v_gives_way boolean;
    v_slot timestamptz;
    v_wait interval;
    v_taken boolean;
begin
    loop
        select theoretical_arrival, blocked_until, write_due, writes_since_read
            into v_arrival, v_blocked, v_due, v_writes
            from rate_limit
            where tenant_id = p_tenant_id and account_id = p_account_id and scope = p_scope
            for update;
        exit when found;
        insert into rate_limit (tenant_id, account_id, scope, theoretical_arrival)
            values (p_tenant_id, p_account_id, p_scope, clock_timestamp())
            on conflict on constraint rate_limit_pkey do nothing;
    end loop;
    v_now := clock_timestamp();
    v_gives_way := not p_writes and v_writes < 4 and coalesce(v_due + interval '10 seconds' > v_now, false);
    v_slot := greatest(v_now, v_arrival - p_interval * greatest(p_burst - 1 - p_kept, 0), v_blocked);
    if v_gives_way then
        -- Until there is a token beside the reply's, or nobody came for it.
        v_slot := greatest(v_slot, least(
            greatest(v_arrival, v_now) + p_interval - p_interval * greatest(p_burst - 1 - p_kept, 0),
            v_due + interval '10 seconds'));
    end if;
    v_wait := v_slot - v_now;
    v_taken := v_wait <= case when v_gives_way then interval '0' else p_wait_max end;
    if v_taken then
        update rate_limit
            set theoretical_arrival = greatest(v_arrival, v_slot) + p_interval,
                -- Others that were told the same come within moments, and say so again.
                write_due = case when p_writes and v_due is not null then least(v_due, v_now) else v_due end,
                writes_since_read = case when p_writes then v_writes + 1 else 0 end
            where tenant_id = p_tenant_id and account_id = p_account_id and scope = p_scope;
    elsif p_writes then
        update rate_limit set write_due = v_slot
            where tenant_id = p_tenant_id and account_id = p_account_id and scope = p_scope;
    end if;
    return query select v_taken, v_slot, (extract(epoch from v_wait) * 1000000)::bigint, v_blocked;
end $fn$;
