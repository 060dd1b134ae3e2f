-- People who sign in, their sessions, how often somebody tried, and what was answered under which idempotency key.
-- Ordinary tables: secrets, and what lives for days only, do not belong in a log.

create table app_user (
    tenant_id uuid not null,
    user_id uuid not null,
    -- In lower case and without white space, so that one address is one person, of one seller.
    email text not null,
    -- PHC string: algorithm and parameters travel with the hash.
    password_hash text not null,
    created_at timestamptz not null default now(),
    constraint app_user_pkey primary key (tenant_id, user_id),
    constraint app_user_email_key unique (email)
);

create table app_session (
    -- SHA-256 of the token: whoever reads this table cannot sign in with it.
    token_hash bytea not null,
    tenant_id uuid not null,
    user_id uuid not null,
    -- `cookie` slides while it is used, `token` ends when it was said to end.
    kind text not null constraint app_session_kind check (kind in ('cookie', 'token')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint app_session_pkey primary key (token_hash),
    constraint app_session_user_fk foreign key (tenant_id, user_id) references app_user on delete cascade
);
create index app_session_by_user on app_session (tenant_id, user_id);
create index app_session_by_end on app_session (expires_at);

-- Attempts to sign in or up, counted in windows. Of no seller: whoever tries is not known yet.
create table login_attempt (
    -- Digest of what is counted, a network address or an address with an e-mail: neither is kept in clear.
    subject bytea not null,
    attempts int not null,
    window_ends_at timestamptz not null,
    constraint login_attempt_pkey primary key (subject)
);
create index login_attempt_by_end on login_attempt (window_ends_at);

-- What a write was answered, so that a repetition of it is given the same bytes. Kept for a day.
create table idempotency_key (
    tenant_id uuid not null,
    -- Method and path.
    route text not null,
    key text not null,
    -- SHA-256 of method, path and canonical body.
    fingerprint bytea not null,
    -- The id of the command that the request is carried out under, also when it is carried out again after a crash.
    command_id uuid not null,
    -- Until when the process that carries it out may take; after that it died, and another may.
    lease_until timestamptz not null,
    claimed_at timestamptz not null default now(),
    status smallint,
    headers jsonb,
    body bytea,
    constraint idempotency_key_pkey primary key (tenant_id, route, key),
    constraint idempotency_key_length check (octet_length(key) between 1 and 255),
    constraint idempotency_key_answer_whole check (
        (status is null) = (headers is null) and (status is null) = (body is null))
);
create index idempotency_key_by_claim on idempotency_key (claimed_at);
-- Answers quote buyers: no samples of them for the planner.
alter table idempotency_key alter column headers set statistics 0, alter column body set statistics 0;
