-- One token bucket per account and group of methods, shared by every process that calls with the account's key.
create table rate_limit (
    tenant_id uuid not null,
    account_id uuid not null,
    scope text not null,
    -- When the bucket would be full again (generic cell rate algorithm): each call moves it one interval on.
    theoretical_arrival timestamptz not null default '-infinity',
    -- No process calls before this: the marketplace said so.
    blocked_until timestamptz not null default '-infinity',
    constraint rate_limit_pkey primary key (tenant_id, account_id, scope)
) with (fillfactor = 50);
