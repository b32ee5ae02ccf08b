# The server of a node. It begins as what two Sentinels say: as a second primary it would take writes that are lost.
set -eu
cli=$(command -v valkey-cli || command -v redis-cli)
server=$(command -v valkey-server || command -v redis-server)
eval "self=\$VALKEY_${HOSTNAME##*-}_SERVICE_HOST"
agreed() {
  for sentinel in "$VALKEY_0_SERVICE_HOST" "$VALKEY_1_SERVICE_HOST" "$VALKEY_2_SERVICE_HOST"; do
    timeout 1 "$cli" -h "$sentinel" -p 26379 --user client -a "$(cat /run/secrets/client-password)" --no-auth-warning \
      sentinel get-master-addr-by-name pair 2>/dev/null | head -n 1
  done | sort | uniq -d | grep -E '^[0-9.]+$' || true
}
primary=
until [ -n "$primary" ]; do
  sleep 0.5
  primary=$(agreed)
done
replicaof="replicaof $primary 6379"
[ "$primary" != "$self" ] || replicaof=
exec "$server" - <<CONF
port 6379
dir /data
aclfile /run/secrets/users.acl
appendonly yes
appendfsync always
save ""
maxmemory ${REDIS_MAXMEMORY:-256mb}
maxmemory-policy noeviction
hash-max-listpack-value 256
min-replicas-to-write 1
min-replicas-max-lag 2
repl-ping-replica-period 1
replica-announce-ip $self
masteruser replica
masterauth $(cat /run/secrets/replica-password)
$replicaof
CONF
