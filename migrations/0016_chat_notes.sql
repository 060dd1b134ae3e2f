-- What a marketplace told about a chat that is needed to read on in it and to write in it, such as the signature that a
-- message to it must carry. Sealed and bound to its row; holds nothing of the buyer.
create table chat_note (
    tenant_id uuid not null,
    account_id uuid not null,
    -- The marketplace's id of the chat.
    external_id text not null,
    sealed bytea not null,
    constraint chat_note_pkey primary key (tenant_id, account_id, external_id)
);
