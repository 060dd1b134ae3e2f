# shellcheck shell=bash
# Starting programs in the background, waiting until they answer, and stopping them in order. Needs common.sh.

# Starts a program that Ctrl-C at the terminal does not reach, writing to file $1; its number is left in `started`.
start_in_background() {
    local log=$1
    shift
    # A session of its own: whoever started it decides when it stops. A lock that the script holds ends with the script.
    (
        if [ -n "${lock:-}" ]; then exec {lock}>&-; fi
        exec setsid "$@" >"$log" 2>&1 </dev/null
    ) &
    # shellcheck disable=SC2034 # the caller's
    started=$!
}

# Waits until URL $2 answers with success, as long as process $1 lives; $3 is its log.
wait_until_ready() {
    local process=$1 url=$2 log=$3 deadline=$((SECONDS + 180))
    until curl --silent --fail --output /dev/null --max-time 5 "$url"; do
        if ! kill -0 "$process" 2>/dev/null; then
            tail -n 20 "$log" >&2
            fail "the program ended instead of answering at $url; its log: $log"
        elif [ "$SECONDS" -ge "$deadline" ]; then
            tail -n 20 "$log" >&2
            fail "nothing answers at $url after 180 s; the program's log: $log"
        fi
        sleep 0.1
    done
}

# Asks process $1 to stop and waits until it has.
stop_process() {
    [ -n "$1" ] || return 0
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
