-- What the nightly audit found: whether the rows served to a seller were those that the log, folded anew to the same
-- place, leads to. Differences are told, never mended silently.

create table projection_audit (
    tenant_id uuid not null,
    projection text not null,
    audited_at timestamptz not null default now(),
    log_id int not null,
    pos bigint not null,
    served_rows bigint not null,
    folded_rows bigint not null,
    served_digest text not null,
    folded_digest text not null,
    -- Keys of rows that differ, are missing or should not be there; at most a hundred.
    differences text[] not null default '{}',
    constraint projection_audit_pkey primary key (tenant_id, projection, audited_at)
);
create index projection_audit_by_time on projection_audit (audited_at);

-- One audit a day, whichever process comes first.
create table projection_audit_day (
    day date constraint projection_audit_day_pkey primary key,
    begun_at timestamptz not null default now()
);
