#!/bin/sh
# Stands in for `docker` in the tests: notes every command and runs the machine's own servers in place of the images.
PATH=/usr/local/bin:/usr/bin:/bin
state=@STATE@
as="@DROP@"
echo "$*" >>"$state/commands"
mkdir -p "$state/volumes" "$state/images" "$state/containers"
chmod 755 "$state/volumes"

signal_container() { # name, signal
    pid=$(cat "$state/containers/$1" 2>/dev/null) || return 1
    kill "-$2" "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

case $1 in
info) [ ! -e "$state/stopped" ] || { echo 'Cannot connect to the Docker daemon' >&2; exit 1; } ;;
image) [ -e "$state/images/$3" ] ;;
pull)
    [ ! -e "$state/offline" ] || { echo 'no route to the registry' >&2; exit 1; }
    touch "$state/images/$2"
    ;;
rm) signal_container "$3" KILL ;;
kill) signal_container "$2" KILL ;;
stop) # stop --time 20 <name>: the signal each image asks for
    case $4 in *postgres*) signal_container "$4" INT ;; *) signal_container "$4" TERM ;; esac
    ;;
volume) rm -rf "${state:?}/volumes/$4" ;; # volume rm --force <name>
run)
    shift 2
    while [ "${1#--}" != "$1" ]; do
        case $1 in
        --name) name=$2 ;;
        --publish) port=${2#127.0.0.1:}; port=${port%%:*} ;;
        --volume) volume=$state/volumes/${2%%:*} ;;
        esac
        shift 2
    done
    image=$1
    shift
    fresh=no
    [ -d "$volume" ] || { mkdir -p "$volume"; fresh=yes; }
    [ -z "$as" ] || chown "$(echo "$as" | sed 's/.*--reuid=\([0-9]*\).*/\1/')" "$volume"
    cd "$volume" || exit 1
    case $image in
    postgres*)
        if [ "$fresh" = yes ]; then
            echo "$POSTGRES_PASSWORD" >pw
            chmod 644 pw
            # shellcheck disable=SC2086
            $as @POSTGRES@/initdb -D "$volume/data" -U postgres --pwfile=pw --no-sync $POSTGRES_INITDB_ARGS >/dev/null || exit 1
        fi
        $as @POSTGRES@/postgres -D "$volume/data" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c port="$port" "$@" &
        ;;
    redis*) # sh -c <script that writes a configuration and starts the server>
        script=$(printf '%s' "$3" | sed "s,/tmp/redis.conf,$volume/redis.conf,g; s,exec redis-server \([^ ]*\),exec @REDIS@ \1 --port $port --bind 127.0.0.1,")
        $as sh -c "$script" &
        ;;
    esac
    echo $! >"$state/containers/$name"
    wait $!
    status=$?
    rm -f "$state/containers/$name"
    exit $status
    ;;
esac
