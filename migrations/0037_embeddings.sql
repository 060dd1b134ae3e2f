-- What an endpoint for embeddings said of sellers' passages, so that no text is paid for twice. A cache and no read
-- model: a rebuild of `knowledge` leaves it alone, and whatever is lost of it is asked for again. It holds no words.

-- Names what is asked for: the words of a passage as they stand in `knowledge`.
create function passage_digest(title text, words text) returns bytea
    language sql stable parallel safe
    return sha256(convert_to(title || e'\n' || words, 'UTF8'));

create table embedding (
    tenant_id uuid not null,
    -- By the provider's name: vectors of different models cannot be compared.
    model text not null,
    -- Of the passage: `passage_digest`.
    digest bytea not null,
    -- Numbers of 4 bytes, the least byte first; together a vector of length 1. Null until the endpoint has told it.
    vector bytea,
    -- How often asking for it failed.
    failures int not null default 0,
    -- Nobody asks before: somebody is at it, or it failed.
    next_at timestamptz not null,
    made_at timestamptz,
    constraint embedding_pkey primary key (tenant_id, model, digest),
    constraint embedding_made check ((vector is null) = (made_at is null))
);
