# shellcheck shell=bash
# Installing through the system's packages, and remembering what could not be had. Needs common.sh.

# What is missing and cannot be installed from here, one line each.
missing=()

# Notes that something is missing: what, and what to do about it.
note_missing() { missing+=("$1"$'\n'"      $2"); }

# Ends the script with everything that is missing, if anything is.
fail_if_missing() {
    [ ${#missing[@]} = 0 ] && return
    warn "cannot go on, this is missing:"
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
}

# Whether packages can be installed here without asking anybody.
can_install() {
    have apt-get || return 1
    [ "$(id -u)" = 0 ] && return
    # A person at a terminal may be asked for a password; a machine may not.
    have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs Debian packages; where that is not possible, notes them as missing with the command that installs them.
install_packages() {
    local command="apt-get install --yes --no-install-recommends $*" output
    if ! have apt-get; then
        note_missing "the programs that Debian has in: $*" "install them with this system's package manager, then run this again"
        fail_if_missing
    elif ! can_install; then
        note_missing "the packages $*" "as root, run: apt-get update && $command"
        fail_if_missing
    fi
    say "installing $*"
    output=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update >"$output" 2>&1 ||
        warn "the package lists could not be refreshed; trying with those at hand"
    # shellcheck disable=SC2086 # words on purpose
    if ! as_root env DEBIAN_FRONTEND=noninteractive $command </dev/null >"$output" 2>&1; then
        tail -n 20 "$output" >&2
        note_missing "the packages $*" "find out why this fails: $command"
    fi
    rm -f "$output"
}
