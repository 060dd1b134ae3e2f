-- What a role needs on the log that may append and read, and change nothing: for an installation where the tables of
-- the log belong to somebody else than the program. Run as their owner, after `agentiq migrate`:
--   psql -v app=agentiq_app -f docs/app-role.sql
grant usage on schema es to :app;
grant select on all tables in schema es to :app;
grant insert on es.event, es.command, es.stream, es.tenant_log, es.event_type to :app;
grant insert on es.seal, es.signed_head, es.signed_log, es.log_check to :app;
-- A restored database begins an epoch, which is accepted when it is released.
grant insert on es.epoch, es.epoch_start to :app;
grant update (accepted_at) on es.epoch to :app;
-- The head of a stream moves with each append.
grant update on es.stream to :app;

-- The key store, in this database or in one of its own. A destroyed key leaves its row.
grant usage on schema keys to :app;
grant select, insert, update on keys.subject_key to :app;
