#!/bin/sh
# Replaces the processes of the named services without a gap: starts as many new containers as there are old ones, waits until
# all new ones are ready, and then stops one old container after the other.
#
#   sh services/replace.sh auth customers
set -eu
# nginx tries a new process again five seconds after it refused a connection (nginx/upstreams.conf)
NGINX_SECONDS=5

old= scale=
for service in "$@"; do
  containers=$(docker compose ps --quiet "$service")
  old="$old $containers"
  scale="$scale --scale $service=$((2 * $(echo "$containers" | wc -l)))"
done
docker compose up --detach --no-deps --no-recreate --wait $scale "$@"
sleep $NGINX_SECONDS
for container in $old; do
  docker stop "$container"
  docker rm "$container"
done
