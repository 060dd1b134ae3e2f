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
    constraint rate_limit_pkey primary key (tenant_id, account_id, scope)
) with (fillfactor = 50);

-- Takes the next slot, if it comes within `p_wait_max`; otherwise takes nothing. `p_kept` tokens stay untouched. Slots
-- come by this database's clock, read under the row's lock, so the clocks of the callers do not matter.
--
-- Whatever the order of calls and the tokens they keep, each slot taken moves `theoretical_arrival` by at least
-- `p_interval` and lies at most `p_burst` intervals before it: no time of length t holds more than burst + t / interval
-- slots.
create function rate_limit_take(
    p_tenant_id uuid, p_account_id uuid, p_scope text, p_interval interval, p_burst int, p_kept int, p_wait_max interval)
returns table (taken boolean, slot timestamptz, wait_microseconds bigint, blocked_until timestamptz)
language plpgsql volatile as $fn$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_arrival timestamptz;
    v_blocked timestamptz;
    v_slot timestamptz;
    v_wait interval;
    v_taken boolean;
begin
    loop
        select theoretical_arrival, blocked_until into v_arrival, v_blocked
            from rate_limit
            where tenant_id = p_tenant_id and account_id = p_account_id and scope = p_scope
            for update;
        exit when found;
        insert into rate_limit (tenant_id, account_id, scope, theoretical_arrival)
            values (p_tenant_id, p_account_id, p_scope, clock_timestamp())
            on conflict on constraint rate_limit_pkey do nothing;
    end loop;
    v_now := clock_timestamp();
    v_slot := greatest(v_now, v_arrival - p_interval * greatest(p_burst - 1 - p_kept, 0), v_blocked);
    v_wait := v_slot - v_now;
    v_taken := v_wait <= p_wait_max;
    if v_taken then
        update rate_limit
            set theoretical_arrival = greatest(v_arrival, v_slot) + p_interval
            where tenant_id = p_tenant_id and account_id = p_account_id and scope = p_scope;
    end if;
    return query select v_taken, v_slot, (extract(epoch from v_wait) * 1000000)::bigint, v_blocked;
end $fn$;
