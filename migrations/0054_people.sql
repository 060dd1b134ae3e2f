-- What people may do, how they come to a seller, and what their programs sign in with.

-- Roles that a seller put together, beside the five that every seller has.
create table app_role (
    tenant_id uuid not null,
    role_id uuid not null,
    name text not null,
    -- Names of the permissions; one that this release does not know gives nothing.
    permissions text[] not null,
    created_at timestamptz not null default now(),
    constraint app_role_pkey primary key (tenant_id, role_id),
    constraint app_role_name_key unique (tenant_id, name)
);

alter table app_user
    -- Whoever is there was the first of their seller.
    add column role text default 'owner' constraint app_user_role_known
        check (role in ('owner', 'admin', 'operator', 'viewer', 'guest')),
    add column role_id uuid,
    -- Shut out: cannot sign in, and stays in the history by the id.
    add column disabled_at timestamptz,
    add constraint app_user_one_role check ((role is null) <> (role_id is null)),
    add constraint app_user_role_fk foreign key (tenant_id, role_id) references app_role;
alter table app_user alter column role drop default;
create index app_user_by_role on app_user (tenant_id, role_id) where role_id is not null;

-- One open invitation of an address by a seller; it is gone when it was accepted or taken back.
create table app_invitation (
    tenant_id uuid not null,
    invitation_id uuid not null,
    email text not null,
    role text constraint app_invitation_role_known
        check (role in ('owner', 'admin', 'operator', 'viewer', 'guest')),
    role_id uuid,
    -- SHA-256 of what is in the link: whoever reads this table cannot come in by it.
    token_hash bytea not null,
    invited_by uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint app_invitation_pkey primary key (tenant_id, invitation_id),
    constraint app_invitation_email_key unique (tenant_id, email),
    constraint app_invitation_token_key unique (token_hash),
    constraint app_invitation_one_role check ((role is null) <> (role_id is null)),
    constraint app_invitation_role_fk foreign key (tenant_id, role_id) references app_role,
    constraint app_invitation_inviter_fk foreign key (tenant_id, invited_by) references app_user
);
create index app_invitation_by_end on app_invitation (expires_at);

-- Tokens that people made for programs: each holds some of its owner's permissions.
create table app_token (
    tenant_id uuid not null,
    token_id uuid not null,
    user_id uuid not null,
    -- SHA-256 of the token, which was shown once.
    token_hash bytea not null,
    -- What its owner calls it.
    name text not null,
    permissions text[] not null,
    created_at timestamptz not null default now(),
    -- To some minutes; null where it was never used.
    last_used_at timestamptz,
    expires_at timestamptz not null,
    constraint app_token_pkey primary key (tenant_id, token_id),
    constraint app_token_hash_key unique (token_hash),
    constraint app_token_user_fk foreign key (tenant_id, user_id) references app_user on delete cascade
);
create index app_token_by_user on app_token (tenant_id, user_id);
create index app_token_by_end on app_token (expires_at);

-- Ways back in for whoever forgot the password, by a link of one hour.
create table app_password_reset (
    -- SHA-256 of what is in the link.
    token_hash bytea not null,
    tenant_id uuid not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint app_password_reset_pkey primary key (token_hash),
    -- A newer link takes the place of the one before.
    constraint app_password_reset_user_key unique (tenant_id, user_id),
    constraint app_password_reset_user_fk foreign key (tenant_id, user_id) references app_user on delete cascade
);
create index app_password_reset_by_end on app_password_reset (expires_at);
