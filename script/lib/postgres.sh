# shellcheck shell=bash
# shellcheck disable=SC2154 # `repository` is common.sh's
# Finding PostgreSQL, and running a throw-away server that forgets everything. Needs common.sh.

postgres_oldest=15
throwaway=

# Prints the folder with the newest PostgreSQL server programs that are new enough; fails when there is none.
postgres_bin() {
    local folder version best='' best_version=0
    while read -r folder; do
        if ! [ -x "$folder/postgres" ] || ! [ -x "$folder/initdb" ] || ! [ -x "$folder/pg_ctl" ]; then continue; fi
        version=$("$folder/postgres" --version | grep -oE '[0-9]+' | head -n 1)
        if [ "$version" -ge "$postgres_oldest" ] && [ "$version" -gt "$best_version" ]; then
            best=$folder best_version=$version
        fi
    done < <(
        if have pg_config; then pg_config --bindir; fi
        printf '%s\n' /usr/lib/postgresql/*/bin
        tr ':' '\n' <<<"$PATH"
    )
    [ -n "$best" ] && echo "$best"
}

# Runs a command as the user that PostgreSQL may run as: it refuses root.
as_database_user() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    elif id postgres >/dev/null 2>&1; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"
    fi
}

# Makes an empty cluster in $1/data, with the programs in $2, for the user that PostgreSQL may run as. Any local user may
# connect.
make_cluster() {
    chmod 755 "$1"
    mkdir -m 700 "$1/data"
    if [ "$(id -u)" = 0 ]; then chown "$(as_database_user id -u):$(as_database_user id -g)" "$1" "$1/data"; fi
    (cd / && as_database_user "$2/initdb" --pgdata="$1/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions) >"$1/initdb.log" 2>&1 ||
        fail "initdb failed: $(tail -n 5 "$1/initdb.log")"
}

# Starts a server in a temporary folder and exports DATABASE_URL of its database `agentiq`.
# Durability is off and any local user may connect: nothing of worth belongs in it.
start_throwaway_postgres() {
    local bin port
    bin=$(postgres_bin) || fail "no PostgreSQL ≥ $postgres_oldest server found; run script/bootstrap"
    # /tmp and not TMPDIR: a socket's path may not be longer than 107 bytes.
    throwaway=$(mktemp -d /tmp/agentiq-postgres.XXXXXX)
    throwaway_bin=$bin
    make_cluster "$throwaway" "$bin"

    local options=(-c listen_addresses=127.0.0.1 -c "unix_socket_directories=$throwaway" -c max_connections=300
        -c fsync=off -c full_page_writes=off -c timezone=UTC)
    # Between finding a free port and listening on it another program may take it: try a few.
    for _ in 1 2 3 4 5; do
        port=$(free_port $((20000 + RANDOM)))
        if (cd / && as_database_user "$bin/pg_ctl" start --wait --silent --pgdata="$throwaway/data" --log="$throwaway/log" \
            --options="-p $port ${options[*]}") </dev/null; then
            export DATABASE_URL="postgres://postgres@127.0.0.1:$port/agentiq"
            "$bin/psql" --quiet --no-psqlrc "${DATABASE_URL%/agentiq}/postgres" -c 'create database agentiq'
            return
        fi
    done
    fail "PostgreSQL did not start: $(tail -n 5 "$throwaway/log")"
}

# Stops and removes what `start_throwaway_postgres` started; harmless when there is nothing.
stop_throwaway_postgres() {
    [ -n "$throwaway" ] || return 0
    if [ -f "$throwaway/data/postmaster.pid" ]; then
        (cd / && as_database_user "$throwaway_bin/pg_ctl" stop --silent --mode=immediate --pgdata="$throwaway/data") || true
    fi
    rm -rf "$throwaway"
    throwaway=
}

# Applies the migrations to DATABASE_URL without the product's binary, which cannot be built before its queries are known.
migrate_with_psql() {
    local migration bin
    bin=$(postgres_bin)
    for migration in "$repository"/migrations/*.sql; do
        local transaction=--single-transaction
        if head -n 1 "$migration" | grep -q '^-- no-transaction'; then transaction=--no-align; fi
        "$bin/psql" --quiet --no-psqlrc --set=ON_ERROR_STOP=1 "$transaction" --file="$migration" "$DATABASE_URL" >/dev/null ||
            fail "migration ${migration##*/} failed"
    done
}
