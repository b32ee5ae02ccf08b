# A node in one container: the server and its Sentinel share their fate. Needs bash.
set -u
sh /scripts/server.sh &
sh /scripts/sentinel.sh &
trap 'kill $(jobs -p)' TERM
wait -n # also returns on the signal
kill $(jobs -p) 2>/dev/null
wait
