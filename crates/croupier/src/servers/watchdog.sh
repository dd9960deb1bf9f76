# Runs one server, and stops it when whoever started us is gone. Never waits for anything but the server.
#
#   sh watchdog.sh <signals> <folder to remove or ''> <program> <argument>...
#
# Standard input is a pipe whose other end only our parent holds: however it dies, kill -9 included, we read the end
# of the file. Then the server gets each of the signals in turn, ten seconds apart, until it is gone; and the folder,
# if one is named, is removed. Standard output gets one line, the server's pid; standard error is the server's log.
signals=$1 remove=$2
shift 2

# The home's guard waits for whoever stands here. If the home is gone, so is our parent, and there is nothing to do.
mark=
if [ -n "$remove" ]; then
    mark=$(dirname "$remove")/watched/$$
    echo >"$mark" || exit 1
fi

exec 3<&0 </dev/null 4>&1 >&2

"$@" 3<&- 4>&- &
server=$!

(
    exec 4>&-
    trap 'exit 0' TERM
    read -r _ <&3
    trap '' TERM
    for signal in $signals; do
        kill -s "$signal" "$server" 2>/dev/null || break
        ticks=0
        while [ $ticks -lt 200 ] && kill -0 "$server" 2>/dev/null; do
            sleep 0.05
            ticks=$((ticks + 1))
        done
        kill -0 "$server" 2>/dev/null || break
    done
    if [ -n "$remove" ]; then
        # A program that initdb had started may write for a moment after initdb is gone, and what it writes resists.
        tries=0
        until rm -rf "$remove" 2>/dev/null && [ ! -e "$remove" ] || [ $tries -ge 100 ]; do
            sleep 0.05
            tries=$((tries + 1))
        done
    fi
) &
reader=$!
exec 3<&-

# Last, and in a shell of its own: where our parent is gone already, writing ends whoever writes (SIGPIPE).
(echo "$server" >&4)
exec 4>&-

wait "$server"
status=$?
kill -s TERM "$reader" 2>/dev/null
wait "$reader"
[ -z "$mark" ] || rm -f "$mark"
exit "$status"
