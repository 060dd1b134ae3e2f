-- What tells a person's sessions apart, so that they can end one that is not theirs.
alter table app_session
    -- What it is called in addresses: the token stays with whoever holds it.
    add column session_id uuid not null default gen_random_uuid(),
    -- To some minutes.
    add column last_used_at timestamptz not null default now(),
    -- Whence it was opened, and by which program as it told; null of those that were opened before this was kept.
    add column address text,
    add column program text,
    add constraint app_session_id_key unique (tenant_id, user_id, session_id);
drop index app_session_by_user;
