-- Whether the draft on offer was made before anybody asked. Of drafts from before this the inbox does not know it until it
-- is rebuilt (agentiq rebuild inbox); they are shown as ready, and not as made ahead.
alter table inbox add column draft_ahead boolean not null default false;
