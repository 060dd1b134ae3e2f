-- What an endpoint for embeddings said of sellers' passages, so that no text is paid for twice. A cache and no read
-- model: a rebuild of `knowledge` leaves it alone, and whatever is lost of it is asked for again. It holds no words.

-- Names the words of a passage. Immutable, though PostgreSQL cannot know it: the encoding of a database never changes.
create function passage_digest(title text, words text) returns bytea
    language sql immutable parallel safe
    return sha256(convert_to(title || e'\n' || words, 'UTF8'));

-- Made by PostgreSQL and therefore no part of the row as events tell it. Kept, since all passages are gone through time
-- and again for those without a vector.
alter table knowledge add column words_digest bytea not null
    generated always as (public.passage_digest(title, text)) stored;
create index knowledge_by_digest on knowledge (tenant_id, words_digest) where live;

create table embedding (
    tenant_id uuid not null,
    -- By the provider's name: vectors of different models cannot be compared.
    model text not null,
    -- Of the passage.
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
