# shellcheck shell=sh
# Where PostgreSQL's programs are, and whom they may run as. Sourced by the other scripts; defines functions only.
# `crates/croupier/src/servers/` looks in the same places in the same order.

# The oldest major version the migrations are written for.
PG_OLDEST=15

# Prints the major version of the server in folder $1, or fails.
pg_major() {
    [ -x "$1/postgres" ] && [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] || return 1
    version=$("$1/postgres" --version 2>/dev/null) || return 1
    # "postgres (PostgreSQL) 15.18 (Debian …)" and "postgres (PostgreSQL) 18beta1" both begin with the major.
    version=${version#*(PostgreSQL) }
    major=${version%%[!0-9]*}
    [ -n "$major" ] && printf '%s\n' "$major"
}

# Prints every folder that might hold the server, best first: PATH, Debian's versioned folders newest first,
# the folders other systems use, and what pg_config says.
pg_candidates() {
    found=$(command -v postgres 2>/dev/null) && dirname "$(readlink -f "$found" 2>/dev/null || echo "$found")"
    # shellcheck disable=SC2012 # the names are version numbers, and `find` cannot sort them
    ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn
    # shellcheck disable=SC2012
    ls -d /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /usr/libexec/postgresql*/ 2>/dev/null | sort -rV
    command -v pg_config >/dev/null 2>&1 && pg_config --bindir
    return 0
}

# Prints the folder of the first good enough server, or fails.
pg_bindir() {
    for dir in $(pg_candidates); do
        major=$(pg_major "$dir") || continue
        if [ "$major" -ge "$PG_OLDEST" ]; then
            printf '%s\n' "${dir%/}"
            return 0
        fi
    done
    return 1
}

# Prints the account the server runs as when we are root, which PostgreSQL refuses to be. Empty when we are not root.
pg_account() {
    [ "$(id -u)" = 0 ] || return 0
    if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

# Runs the rest of the command line as that account.
as_pg_account() {
    account=$(pg_account)
    if [ -z "$account" ]; then
        "$@"
    elif command -v setpriv >/dev/null 2>&1; then
        setpriv --reuid="$(id -u "$account")" --regid="$(id -g "$account")" --clear-groups "$@"
    else
        runuser -u "$account" -- "$@"
    fi
}
