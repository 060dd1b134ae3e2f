# shellcheck shell=bash
# shellcheck disable=SC2154 # `repository` is common.sh's
# What the compile-time checked queries look like in the database, recorded in `.sqlx/` for builds without one.

# The workspace's sources that hold such queries.
files_with_queries() {
    grep --recursive --files-with-matches --extended-regexp 'query(_as|_scalar)?!' --include='*.rs' \
        --exclude-dir=target --exclude-dir=node_modules --exclude-dir=peers "$repository" || true
}

# Runs a build command that checks every query against DATABASE_URL and writes what it finds into folder $1.
#
# sqlx's macros write it whenever they are expanded with a live database, and an expanded file is expanded again only
# when it changed: so the files are touched before, and given their times back after, to leave other builds as they were.
record_queries() {
    local folder=$1 file touched status=0
    shift
    mkdir -p "$folder"
    local -A changed_at=()
    touched=$(date +%s.%N)
    while read -r file; do
        changed_at[$file]=$(stat --format=%.9Y "$file")
        touch --date="@$touched" "$file"
    done < <(files_with_queries)

    SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$folder" "$@" || status=$?

    for file in "${!changed_at[@]}"; do
        # Edited meanwhile, it keeps its new time.
        if [ "$(stat --format=%.9Y "$file")" = "$touched" ]; then touch --date="@${changed_at[$file]}" "$file"; fi
    done
    return "$status"
}
