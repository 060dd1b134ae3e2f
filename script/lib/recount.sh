# shellcheck shell=bash
# Counting the numbers about answers anew by DuckDB. Needs common.sh and postgres.sh, in the repository's folder.

# Prepares Python with DuckDB in folder $1. Where it cannot be had, it says so and fails.
prepare_recount() {
    python3 -m venv "$1/python" >"$1/output" 2>&1 &&
        timeout 300 "$1/python/bin/pip" --quiet --disable-pip-version-check install --requirement script/lib/recount.txt \
            >>"$1/output" 2>&1 && return
    say "DuckDB, or Python for it, cannot be had here: $(tail -n 1 "$1/output")"
    return 1
}

# Has so many interactions ($2) counted by program $3 in the database of DATABASE_URL, and anew by DuckDB. $1 is the folder
# that was prepared. Prints tables, figures and 'N passed, N failed'.
recount() {
    "$3" --interactions "$2" --folder "$1" && "$1/python/bin/python" script/lib/recount.py "$1"
}
