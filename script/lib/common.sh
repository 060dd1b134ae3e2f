# shellcheck shell=bash
# What every script here shares: the repository's root, the tools' places on PATH, messages, version comparison.
# Sourced, after `set -euo pipefail`.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# A service or a bare container may start us without HOME, which cargo and npm need.
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export HOME
# Tools that `script/bootstrap` brings for this checkout alone (see there): kept out of git and of the system.
tools=$repository/.tools
PATH=$tools/node/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH

# Prints a message about the script's own progress.
say() { printf '%s: %s\n' "${0##*/}" "$*"; }

# Prints a message on standard error.
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Ends the script with a message that says what happened and what to do.
fail() {
    warn "$@"
    exit 1
}

# Prints the comment at the top of the running script, which is its help.
print_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

have() { command -v "$1" >/dev/null 2>&1; }

# Whether version $1 is at least version $2, number by number (1.10 is newer than 1.9).
version_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Prints where the browser for tests is; fails when there is none.
browser() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # Ubuntu's `chromium-browser` may be a note that there is a snap: only one that answers counts.
        if have "$name" && "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# The first number like 1.2 or 1.2.3 on standard input.
first_version() { grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1; }

# Whether something listens on port $1 of this machine.
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first free port from $1 on.
free_port() {
    local port=$1
    while port_is_taken "$port"; do port=$((port + 1)); done
    echo "$port"
}
