# Runs one container in the foreground and stops it in its image's own way when it is asked to end.
#
#   sh container.sh <name> <volume to remove when asked to end, or ''> <docker> run <argument>...
#
# The docker command passes signals on to the container, but PostgreSQL waits for its clients on TERM; `docker stop`
# sends the signal the image asks for, and kills what does not heed it.
name=$1 volume=$2 docker=$3
shift 3

asked=no
stop() {
    trap '' TERM
    asked=yes
    "$docker" stop --time 20 "$name" >/dev/null 2>&1
}
trap stop TERM

"$docker" "$@" &
client=$!
wait "$client"
status=$?
# Interrupted by the signal rather than by the end of the container.
[ "$asked" = no ] || wait "$client"
if [ "$asked" = yes ] && [ -n "$volume" ]; then
    "$docker" volume rm --force "$volume" >/dev/null 2>&1
fi
exit "$status"
