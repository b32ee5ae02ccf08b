#!/bin/sh
# Replaces the processes of the named services without a gap: starts as many new containers as there are old ones, waits until
# all new ones are ready, and then stops one old container after the other. If a new one is not ready within READY_SECONDS, it
# removes the new ones instead.
#
#   sh services/replace.sh auth customers
set -eu
READY_SECONDS=${READY_SECONDS:-30}
# nginx tries a new process again five seconds after it refused a connection (nginx/upstreams.conf)
NGINX_SECONDS=5

fail() { # STATUS SENTENCE
  echo "$2" >&2
  exit "$1"
}

[ $# -gt 0 ] || fail 2 'Usage: sh services/replace.sh SERVICE [SERVICE ...], for example: sh services/replace.sh auth customers'

old= scale=
for service in "$@"; do
  containers=$(docker compose ps --quiet "$service")
  [ -n "$containers" ] || fail 1 "$service does not run, so there is nothing to replace. Start it: docker compose up -d --wait"
  old="$old $(echo $containers)"
  scale="$scale --scale $service=$((2 * $(echo "$containers" | wc -l)))"
done
docker compose rm --force "$@" # a stopped container would start again, and count as a new one

undo() {
  new=
  for container in $(docker compose ps --all --quiet "$@"); do
    case "$old " in *" $container "*) ;; *) new="$new $container" ;; esac
  done
  for container in $new; do
    docker logs --tail 10 "$container" >&2
  done
  [ -z "$new" ] || { docker stop $new && docker rm $new; }
  fail 1 "The new processes were not all ready within READY_SECONDS=$READY_SECONDS, so they are removed. The old ones serve on."
}

# Compose sometimes succeeds although the time is over: at that moment it looks at its two timers in any order
are_ready() {
  for container in $(docker compose ps --quiet "$@"); do
    [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ] || return 1
  done
}
trap 'undo "$@"' INT TERM
{ docker compose up --detach --no-deps --no-recreate --wait --wait-timeout "$READY_SECONDS" $scale "$@" && are_ready "$@"; } ||
  undo "$@"
trap - INT TERM

sleep $NGINX_SECONDS
for container in $old; do
  docker stop "$container"
  docker rm "$container"
done
