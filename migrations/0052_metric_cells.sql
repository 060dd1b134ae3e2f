-- A day's cell is read as one text instead of a column for each of its parts: a page of ninety days by product adds up
-- some ten thousand of them, and the database spent most of that time on turning their parts into what is sent. All days
-- are counted anew.
delete from metric_counted_day;
alter table metric_day
    drop column counts,
    drop column waited,
    drop column handled,
    drop column changed,
    -- `counts`: how many interactions each metric counts; `waited`, `handled`, `changed`: what percentiles are taken of,
    -- seconds of `timed` and of `answered_here`, thousandths of `measured`.
    add column cell json not null;
alter table metric_day alter cell set storage external;
