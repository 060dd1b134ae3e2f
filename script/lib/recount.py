"""Holds the numbers about answers against a recount of the log by DuckDB.

    recount.py FOLDER

FOLDER has `events.csv`, the log, and `figures.jsonl`, what the program counted. Prints a table, what differs, a line
'figure …' and 'N passed, N failed': what is told by the same is one check, that enough was counted and that a spoiled
number is noticed are two more.
"""

import pathlib
import sys
import time

import duckdb

folder = pathlib.Path(sys.argv[1])
database = duckdb.connect()
began = time.monotonic()
definitions = pathlib.Path(__file__).with_name("recount.sql").read_text(encoding="utf-8")
database.execute(definitions.format(events=folder / "events.csv"))
database.execute(
    f"""create table figure as select * from read_json('{folder / "figures.jsonl"}', format = 'newline_delimited',
        columns = {{told_by: 'varchar', key: 'varchar', name: 'varchar', count: 'bigint', p50: 'bigint',
            p90: 'bigint'}})"""
)


def differences():
    """What the program counted otherwise than the recount: by what, of which group, which number, and both."""
    return database.execute(
        """select coalesce(f.told_by, r.told_by), coalesce(f.key, r.key), coalesce(f.name, r.name), f.count, r.count,
                f.p50, r.p50, f.p90, r.p90
            from figure f
            full join recount r on f.told_by = r.told_by and f.key is not distinct from r.key and f.name = r.name
            where (f.count, f.p50, f.p90) is distinct from (r.count, r.p50, r.p90) order by 1, 2, 3"""
    ).fetchall()


different = differences()
interactions, events = database.execute("select count(distinct id), count(*) from event").fetchone()
(numbers,) = database.execute("select count(*) from recount").fetchone()

print(f"{interactions} interactions of {events} events counted anew in {time.monotonic() - began:.0f} s")
print(f"{'':<12} {'numbers':>9} {'counted':>12} {'different':>10}")
groups = database.execute(
    """select told_by, count(r.count), coalesce(sum(r.count), 0)
        from figure f full join recount r using (told_by, key, name) group by told_by order by told_by"""
).fetchall()
for by, of, sum_of in groups:
    wrong = sum(1 for row in different if row[0] == by)
    print(f"{by:<12} {of:>9} {sum_of:>12} {wrong:>10}")
for by, key, name, count, recount, *percentiles in different[:20]:
    print(f"  {name} of {key} by {by}: {count}, and {recount} by the recount; percentiles {percentiles}")
print(f"\nfigure metrics_recounted {numbers} numbers target >= 1000")
print(f"figure metrics_different {len(different)} numbers target <= 0")
# The sabotage that must be noticed: a number more in one group.
database.execute("update figure set count = count + 1 where told_by = 'rating' and key = '5' and name = 'accepted'")
is_noticed = len(differences()) == len(different) + 1
if not is_noticed:
    print("a number that was spoiled was not noticed")
checks = [all(row[0] != by for row in different) for by, _, _ in groups] + [numbers >= 1000, is_noticed]
failed = checks.count(False)
print(f"{checks.count(True)} passed, {failed} failed")
sys.exit(failed > 0)
