-- Under a review or a question an answer from here and one from elsewhere may stand together: the one that stood later,
-- which counts once the other is lost; null where there is none. Rows from before know of none until they are made anew:
-- agentiq rebuild metric.
alter table metric add column other_answer jsonb;
