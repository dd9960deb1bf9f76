# Removes an ephemeral home when whoever made it is gone.
#
#   sh guard.sh <home>
#
# Started before the home is there, so that there is no moment at which its maker may die and leave it. Standard input
# is a pipe whose other end only our maker holds: however it dies, kill -9 included, we read the end of the file. Then
# every watchdog that has put its number into `watched` ends its server first.
home=$1
# It ends by the end of the file alone: who ends a whole job at once ends our maker too, and the home is still to go.
trap '' HUP INT TERM
read -r _

at_work() {
    for mark in "$home"/watched/*; do
        [ -e "$mark" ] && kill -0 "${mark##*/}" 2>/dev/null && return
    done
    return 1
}

ticks=0
while at_work && [ $ticks -lt 1200 ]; do
    sleep 0.05
    ticks=$((ticks + 1))
done
# What a server had started may write for a moment after the server is gone, and what it writes resists.
ticks=0
until rm -rf "$home" 2>/dev/null && [ ! -e "$home" ] || [ $ticks -ge 200 ]; do
    sleep 0.05
    ticks=$((ticks + 1))
done
