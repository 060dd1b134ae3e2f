-- What a seller knows: documents and products, and how they are found.

-- Names and articles are found though they are misspelt.
create extension if not exists pg_trgm;

-- Russian words by their stems, all of them: the stop list that comes with PostgreSQL has «не» and «лучше» on it, which
-- buyers mean. What does not tell passages apart is left out of what is asked instead.
create text search dictionary russian_every_word (template = snowball, language = russian);
create text search configuration knowledge (copy = russian);
alter text search configuration knowledge
    alter mapping for word, hword, hword_part with russian_every_word;

-- Read model: passages of documents and products, one row a passage. A passage that an item has no more stays as a row
-- that is not live, without words.
create table knowledge (
    tenant_id uuid not null,
    item_id uuid not null,
    -- Place within the item, from 0.
    ordinal int not null,
    live boolean not null,
    -- 'policy', 'faq', 'delivery', 'returns' or 'product'.
    kind text not null,
    title text not null,
    text text not null,
    -- A product's own article and those of marketplaces; tags. Lists of texts.
    articles jsonb not null,
    tags jsonb not null,
    -- Of an item's first passage: what it may be called, in small letters. Empty elsewhere.
    label text not null,
    -- The item's, which drafts name.
    item_version int not null,
    updated_at timestamptz not null,
    updated_by text not null,
    -- Place in the seller's log of what wrote the row, so that whoever keeps passages in memory learns of news.
    pos bigint not null,
    -- Number of the item's events.
    version int not null,
    -- Made by PostgreSQL and therefore no part of the row as events tell it.
    stems tsvector not null generated always as (
        setweight(to_tsvector('public.knowledge', translate(title, 'ёЁ', 'еЕ')), 'A')
        || setweight(to_tsvector('public.knowledge', translate(text, 'ёЁ', 'еЕ')), 'D')) stored,
    constraint knowledge_pkey primary key (tenant_id, item_id, ordinal)
);
create index knowledge_by_pos on knowledge (tenant_id, pos);
create index knowledge_by_time on knowledge (tenant_id, updated_at desc, item_id desc) where live and ordinal = 0;
create index knowledge_by_stem on knowledge using gin (stems) where live;
create index knowledge_by_label on knowledge using gin (label gin_trgm_ops) where live and ordinal = 0;
