-- How the inbox finds deadlines. Apart from the columns: those are added under a lock that stops reading, too, and at once;
-- making an index of a large inbox takes a while, in which it is read on.

create index inbox_by_deadline on inbox (tenant_id, due_by, interaction_id);
create index inbox_timers on inbox (timer_at) where timer_at is not null;
create index inbox_no_deadline on inbox (occurred_at desc) where deadline_of = -1;
create index inbox_old_deadlines on inbox (tenant_id, deadline_of) where deadline_of >= 0;
